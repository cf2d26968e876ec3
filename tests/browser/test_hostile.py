"""What strangers wrote runs nothing, loads nothing and breaks no page, wherever it is shown."""

from urllib.parse import quote

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import (
    AttachmentBlob,
    BulkAction,
    EmailAttachment,
    EmailQueue,
    Mailer,
    QueueControl,
    Suppression,
)
from tests.support.browser.pages import HOSTILE, MARKUP
from tests.support.queued_emails import make_attempt, make_email

pytestmark = pytest.mark.django_db(transaction=True)
EMAILS = "/admin/postroom/emailqueue"


def test_hostile_email_runs_nothing_and_loads_nothing(page: Page, live_server: LiveServer) -> None:
    server = live_server.url
    elsewhere = server.replace("localhost", "127.0.0.1")  # answers, and is another origin
    email = make_email("failed", html_body=HOSTILE.format(server=server, elsewhere=elsewhere))
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    base = f"{live_server.url}/admin/postroom/emailqueue/{email.pk}"
    page.goto(f"{base}/content/")  # opened by itself it leads to its page, where the frame is
    assert page.url == f"{base}/change/"
    inside = page.frame_locator(".email-frame")
    for place in ("#link", "#go", "#same", "#here"):
        inside.locator(place).click()
        expect(inside.locator("#said")).to_be_visible()
    assert "RAN" not in inside.locator("body").inner_text()
    assert page.url == f"{base}/change/"
    assert page.title() != "owned"
    expected = (live_server.url + "/admin/", live_server.url + "/static/")
    assert [url for url in asked if "?" in url and "?v=" not in url] == []
    assert [url for url in asked if not url.startswith(expected)] == []


def hostile_email() -> EmailQueue:
    """Markup in every column that comes from a caller, a mail server or a mailer."""
    email = make_email(
        "failed", subject=MARKUP, email_type=MARKUP, source_app=MARKUP, html_body=MARKUP,
        related_model_id=MARKUP, from_email=MARKUP, last_error=MARKUP, plain_body=MARKUP,
        context={MARKUP: MARKUP}, headers={"X": MARKUP}, metadata={MARKUP: MARKUP},
        tags=[MARKUP], list_id=MARKUP, reply_to=[MARKUP],
    )  # fmt: skip
    email.recipients.update(display_name=MARKUP, address=MARKUP, smtp_code=550, smtp_reply=MARKUP)
    make_attempt(email, smtp_code=550, smtp_reply=MARKUP, error=MARKUP, mailer=MARKUP)
    blob = AttachmentBlob.objects.create(sha256="0" * 64, size=1, content=b"x")
    EmailAttachment.objects.create(email=email, blob=blob, name=MARKUP, mimetype=MARKUP)
    return email


def test_markup_in_any_column_is_only_text_on_every_page(
    page: Page, live_server: LiveServer
) -> None:
    cache.clear()
    email = hostile_email()
    Mailer.objects.create(name=MARKUP, version="0.1", state="running")
    QueueControl.objects.create(lane="bulk", reason=MARKUP, paused_by=MARKUP)
    Suppression.objects.create(address=MARKUP, reason=MARKUP)
    asked: list[str] = []
    # Not "request", which tells also of those that the policy stops.
    page.on("requestfinished", lambda request: asked.append(request.url))
    base, typed = f"{EMAILS}/{email.pk}/change/", quote(MARKUP)
    paths = [
        "/admin/", "/postroom/flow/", f"{EMAILS}/", f"{EMAILS}/?q={typed}", base,
        f"{base}?tab=text", f"{base}?tab=source", f"{base}?tab=data", f"{base}?tab={typed}",
        f"{EMAILS}/templates/?name={typed}", "/admin/postroom/emaillog/",
        f"/admin/postroom/emaillog/{email.log.get().pk}/change/", "/admin/postroom/emailrecipient/",
        "/admin/postroom/mailer/", "/admin/postroom/queuecontrol/", "/admin/postroom/suppression/",
        f"{EMAILS}/{email.pk}/history/",
    ]  # fmt: skip
    for path in paths:
        answer = page.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert page.title() != "owned", path
        assert page.locator("img[src=x]").count() == 0, path
    assert [url for url in asked if url.endswith("/x")] == []


def test_markup_in_a_filter_is_only_text_on_the_page_of_many(
    page: Page, live_server: LiveServer
) -> None:
    hostile_email()
    page.goto(f"{live_server.url}{EMAILS}/?email_type={quote(MARKUP)}")
    page.get_by_text("Bulk actions for all matching e-mails").click()
    page.get_by_role("button", name="Requeue all…").click()
    expect(page.get_by_role("button", name="Requeue 1 e-mail")).to_be_visible()
    assert page.title() != "owned"
    page.get_by_role("link", name="Back, and change nothing").click()
    expect(page.locator("#result_list")).to_be_visible()
    assert page.title() != "owned"
    assert BulkAction.objects.get().total == 1


BROKEN = {
    "huge": ("<p>" + "word " * 200 + "</p>") * 4800,
    "deep": "<div>" * 3000 + "deep",
    "comment": "<table><tr><td><!-- <p>never ends",
    "closes everything": "</iframe></body></html><script>parent.document.title='owned'</script>",
    "covers everything": "<p style='position:fixed;inset:0'>over all</p>",
    "swallows the rest": "<plaintext><textarea><title>",
}


def test_huge_and_broken_html_leaves_the_page_usable(page: Page, live_server: LiveServer) -> None:
    for name, html in BROKEN.items():
        email = make_email("failed", html_body=html)
        page.goto(f"{live_server.url}{EMAILS}/{email.pk}/change/")
        expect(page.locator(".email-frame"), name).to_be_visible()
        expect(page.get_by_role("heading", name="Send again to another address")).to_be_visible()
        page.get_by_role("link", name="HTML source").click()
        expect(page.get_by_text("HTML body, as it is sent")).to_be_visible()
        page.get_by_role("button", name="Requeue").click()
        expect(page.get_by_text(f"E-mail #{email.pk} requeued.")).to_be_visible()
        assert page.title() != "owned", name
