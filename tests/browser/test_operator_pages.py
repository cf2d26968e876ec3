"""An operator at the admin in a real browser: a template, many e-mails at once."""

import re
from typing import Literal

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import EmailQueue, Mailer, QueueControl, Suppression
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_email, status_of
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_everything_that_matches_is_requeued_batch_by_batch(
    page: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    mine = [make_email("failed", email_type="mine") for _ in range(7)]
    other = make_email("failed")
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/?email_type=mine")
    page.get_by_text("Bulk actions for all matching e-mails").click()
    page.get_by_role("button", name="Requeue all").click()
    expect(page.get_by_text("are skipped")).to_be_visible()
    assert EmailQueue.objects.filter(status="pending").count() == 0
    page.get_by_role("button", name="Requeue 7 e-mails").dblclick()
    expect(page.get_by_text("Done:")).to_be_visible()
    expect(page.get_by_text("7 of 7 processed")).to_be_visible()
    assert {status_of(email) for email in mine} == {"pending"}
    assert status_of(other) == "failed"


def test_after_the_last_batch_the_page_follows_its_emails(
    page: Page, live_server: LiveServer
) -> None:
    emails = [make_email("failed") for _ in range(3)]
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/")
    page.get_by_text("Bulk actions for all matching e-mails").click()
    page.get_by_role("button", name="Requeue all").click()
    page.clock.install()
    page.get_by_role("button", name="Requeue 3 e-mails").click()
    expect(page.get_by_text("3 e-mails have still to be sent.")).to_be_visible()
    for email, status in zip(emails, ("completed", "suppressed", "failed"), strict=True):
        EmailQueue.objects.filter(pk=email.pk).update(status=status, sent_at=Now())
    page.clock.run_for(6000)
    expect(page.get_by_text("All of them have ended.")).to_be_visible()
    became = page.locator("#bulk-now li")
    expect(became).to_have_text([re.compile(state) for state in ("Complet", "Fail", "Suppress")])


def test_a_decision_that_cannot_be_undone_asks_first(page: Page, live_server: LiveServer) -> None:
    email = make_email("unknown")
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/{email.pk}/change/")
    page.get_by_role("link", name="Mark as arrived…").click()
    expect(page.get_by_text("Only if you know that it arrived")).to_be_visible()
    page.get_by_role("link", name="Back, and change nothing").click()
    assert status_of(email) == "unknown"
    page.get_by_role("link", name="Mark as arrived…").click()
    page.get_by_role("button", name="Mark as arrived").click()
    expect(page.get_by_text("Marked as arrived by anna at")).to_be_visible()
    expect(page.get_by_text("Each of these asks first")).to_have_count(0)
    assert status_of(email) == "completed"


def test_suppressed_address_is_allowed_again_by_keyboard(
    page: Page, live_server: LiveServer
) -> None:
    Suppression.objects.create(address="ann@example.org", reason="550 5.1.1 no such user")
    email = make_email("suppressed")
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/{email.pk}/change/")
    expect(page.get_by_role("button", name="Requeue")).to_have_count(0)
    page.get_by_role("link", name="Allow the address again and requeue…").press("Enter")
    expect(page.get_by_text("550 5.1.1 no such user")).to_be_visible()
    page.get_by_role("button", name="Allow the address again and requeue").press("Enter")
    expect(page.get_by_text("allowed again and requeued.")).to_be_visible()
    assert status_of(email) == "pending"
    assert not Suppression.objects.exists()


def test_form_with_an_old_token_keeps_what_was_typed(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/inquiry/")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your message").fill("Ten minutes of typing")
    page.context.clear_cookies()
    page.get_by_role("button").last.click()
    expect(page.get_by_role("alert")).to_contain_text("what you typed is still here")
    expect(page.get_by_label("Your name")).to_have_value("Ann")
    expect(page.get_by_label("Your message")).to_have_value("Ten minutes of typing")


def test_template_is_seen_and_sent_to_oneself(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/templates/")
    page.get_by_label("Template").select_option("inquiry/received")
    page.get_by_label("on a").select_option("phone")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("[?&]width=phone(&|$)"))
    expect(page.frame_locator(".email-frame").locator("body")).not_to_be_empty()
    frame = page.locator(".email-frame").bounding_box()
    assert frame is not None
    assert frame["width"] <= 390
    page.get_by_role("button", name="Send a test to anna@example.org").click()
    expect(page.get_by_text("Queued as #")).to_be_visible()
    assert EmailQueue.objects.get().recipients.get().address == "anna@example.org"


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_template_is_shown_in_the_scheme_that_was_chosen(
    page: Page, live_server: LiveServer, preferred: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=preferred)
    colours = []
    for scheme in ("light", "dark"):
        page.goto(f"{live_server.url}/admin/postroom/emailqueue/templates/?name=inquiry/received")
        page.get_by_label("in", exact=True).select_option(scheme)
        page.get_by_role("button", name="Show").click()
        expect(page).to_have_url(re.compile(f"[?&]scheme={scheme}(&|$)"))
        heading = page.frame_locator(".email-frame").get_by_role("heading").first
        colour = heading.evaluate("e => getComputedStyle(e).color.match(/\\d+/g).map(Number)")
        colours.append(sum(colour[:3]))
    on_light, on_dark = colours
    assert on_light < 3 * 128 < on_dark


def test_email_is_sent_again_to_another_address(page: Page, live_server: LiveServer) -> None:
    email = make_email("failed", html_body="<p>Hello</p>", metadata={"order": 7})
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/{email.pk}/change/")
    parts = page.get_by_role("navigation", name="Parts of the e-mail")
    for tab in ("Text", "HTML source", "Data", "HTML"):
        link = parts.get_by_role("link", name=tab, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
    page.get_by_label("Address").fill("bob@example.org")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text(f"Sent again from #{email.pk}")).to_be_visible()
    wait_until(lambda: EmailQueue.objects.count() == 2)
    assert status_of(email) == "failed"


@pytest.mark.parametrize("width", [390, 1400])
def test_new_pages_never_scroll_sideways(page: Page, live_server: LiveServer, width: int) -> None:
    Mailer.objects.create(name="a-very-long-host-name." * 4, version="0.1", state="running")
    QueueControl.objects.create(lane="all", reason="x" * 300, paused_by="y" * 80)
    email = make_email("failed", html_body="<p>Hello</p>")
    page.set_viewport_size({"width": width, "height": 900})
    for path in ("", "postroom/emailqueue/templates/", f"postroom/emailqueue/{email.pk}/change/"):
        page.goto(f"{live_server.url}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
