"""An operator at the admin in a real browser: a template, many e-mails at once."""

import re
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import EmailQueue, Mailer, QueueControl
from postroom.web.emails.operating import bulk
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
