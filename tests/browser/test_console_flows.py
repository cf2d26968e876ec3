"""An operator at the console in a real browser: by clicks, and by the keyboard alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import EmailLog, EmailQueue, Mailer, QueueControl
from postroom.web.emails.operating import list_window
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_attempt, make_email, status_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(live_server: LiveServer) -> str:
    cache.clear()
    return f"{live_server.url}/postroom/"


def failed_attempt(minutes: int = 1) -> EmailQueue:
    email = make_email("failed")
    log = make_attempt(email, phase="rcpt", smtp_code=550, smtp_reply="5.1.1 No such user")
    at = timezone.now() - timedelta(minutes=minutes)
    EmailLog.objects.filter(pk=log.pk).update(created_at=at)
    return email


def test_home_refreshes_itself_also_after_a_click_into_it(page: Page, home: str) -> None:
    Mailer.objects.create(name="host-a:1", version="0.1", state="running")
    page.clock.install()
    page.goto(home)
    expect(page.get_by_role("heading", name="Mail is going out normally")).to_be_visible()
    page.get_by_role("cell", name="running, 0").click()
    link = page.get_by_role("link", name="bulk", exact=True)
    link.focus()
    make_email("unknown")
    page.clock.run_for(6000)
    tile = page.locator(".tiles div", has_text="Decisions to take")
    expect(tile.get_by_role("link", name="1 unknown")).to_be_visible()
    expect(link).to_be_focused()


def test_pause_is_asked_shown_and_announced_once(page: Page, home: str) -> None:
    page.clock.install()
    page.goto(home)
    page.get_by_role("link", name="Pause sending…").click()
    page.get_by_role("button", name="Pause").click()  # nothing is chosen: the browser refuses
    assert not QueueControl.objects.exists()
    page.get_by_label("Bulk mail").check()
    page.get_by_label("Reason").fill("typo in the newsletter")
    page.get_by_role("button", name="Pause").click()
    alert = page.get_by_role("alert").filter(has_text="PAUSED: bulk mail.")
    expect(alert).to_contain_text("typo in the newsletter")
    assert QueueControl.objects.get().paused_by == "anna"
    # A screen reader announces an alert whenever it is inserted.
    alert.evaluate("e => { e.same = true }")
    make_email("unknown")
    page.clock.run_for(6000)
    expect(page.get_by_role("link", name="1 unknown")).to_be_visible()
    assert alert.evaluate("e => e.same")
    page.get_by_role("button", name="Resume bulk").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert not QueueControl.objects.exists()


def test_refresh_that_fails_is_said(page: Page, home: str) -> None:
    page.clock.install()
    page.goto(home)
    page.context.clear_cookies()
    page.clock.run_for(6000)
    expect(page.get_by_text("These figures are out of date")).to_be_visible()


def test_chart_is_read_by_keys_and_pointer_and_leads_to_its_emails(page: Page, home: str) -> None:
    first, second = failed_attempt(5), failed_attempt(2)
    page.goto(home)
    chart = page.locator("[data-chart]")
    bars = chart.locator(".is-failed a")
    bars.first.focus()
    expect(chart.locator("output")).to_contain_text("1 failed")
    page.keyboard.press("ArrowRight")
    expect(bars.nth(1)).to_be_focused()
    bars.first.hover()
    label = bars.first.get_attribute("aria-label")
    assert label is not None
    expect(chart.locator("output")).to_have_text(label)
    bars.first.click()
    expect(page.get_by_role("heading", name="E-mails")).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-row]")).to_have_attribute("href", f"/postroom/emails/{first.pk}/")
    assert second.pk != first.pk


def test_failed_email_is_found_understood_and_requeued_by_clicks(page: Page, home: str) -> None:
    email = failed_attempt()
    make_email()
    page.goto(home)
    page.get_by_role("link", name="1 failed", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("^Failed"))).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("link", name="Address refused 1").click()
    expect(page.get_by_role("list", name="Filters in force")).to_contain_text("Address refused")
    page.get_by_role("link", name="550 5.1.1 No such user").click()
    expect(page.get_by_text("Attempt 1: failed")).to_be_visible()
    page.get_by_role("button", name="Requeue").click()
    expect(page.get_by_text(f"E-mail #{email.pk} requeued.")).to_be_visible()
    expect(page.get_by_text("by anna")).to_be_visible()
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_role("link", name="Back, without a change").click()
    assert status_of(email) == "pending"
    page.get_by_role("link", name="Cancel…").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(f"E-mail #{email.pk} cancelled.")).to_be_visible()
    assert status_of(email) == "cancelled"


def test_filters_are_set_and_taken_away(page: Page, home: str) -> None:
    mine = make_email("failed", email_type="mine")
    make_email("failed")
    page.goto(f"{home}emails/?status=failed")
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Type").select_option("mine")
    page.get_by_role("button", name="Filter", exact=True).click()
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(rows).to_have_attribute("href", f"/postroom/emails/{mine.pk}/")
    page.get_by_role("link", name="Remove the filter type: mine").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Created").click()
    expect(rows.first).to_have_attribute("href", f"/postroom/emails/{mine.pk}/")


def test_search_goes_on_by_itself(page: Page, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from postroom.web.console.emails import list_page

    monkeypatch.setattr(list_window, "SPAN", 2)
    monkeypatch.setattr(list_page, "_AT_ONCE", 0)
    make_email(subject="The needle")
    for _ in range(5):
        make_email()
    page.goto(f"{home}emails/")
    page.get_by_role("searchbox").fill("needle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="The needle")).to_be_visible()
    expect(page.get_by_text("Looking further")).to_have_count(0)
    page.goto(f"{home}emails/?q=nowhere")
    expect(page.get_by_text("this was the end of 6 e-mails")).to_be_visible()
    monkeypatch.setattr(list_page, "_GOES_ON", 0)
    page.goto(f"{home}emails/?q=nowhere")
    page.get_by_role("link", name="Look further").click()
    expect(page.get_by_text("this was the end of")).to_be_visible()


def test_keys_lead_through_the_console(page: Page, home: str) -> None:
    emails = [make_email("failed", subject=f"Subject {number}") for number in range(3)]
    page.goto(home)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="E-mails")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("Subject j?")
    expect(page.get_by_role("searchbox")).to_have_value("Subject j?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("searchbox").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    for key, number in (("j", 2), ("j", 1), ("k", 2), ("j", 1)):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=f"Subject {number}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}emails/{emails[1].pk}/")


def tab_to(page: Page, name: str, role: Any = "button") -> None:
    """Reach it by Tab from the top of the page, and see that it shows that it has the focus."""
    wanted = page.get_by_role(role, name=name, exact=True).first
    expect(wanted).to_be_visible()
    page.wait_for_load_state()
    page.locator("body").evaluate("document.activeElement.blur()")
    for _ in range(150):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            break
    else:
        raise AssertionError(f"Tab never reaches {name}")
    assert wanted.evaluate("e => getComputedStyle(e).outlineStyle") != "none"


def test_decisions_pause_and_log_out_work_by_keys_alone(page: Page, home: str) -> None:
    failed, unknown = make_email("failed"), make_email("unknown")
    page.goto(f"{home}emails/{failed.pk}/")
    tab_to(page, "Requeue")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"E-mail #{failed.pk} requeued.")).to_be_visible()
    page.goto(f"{home}emails/{unknown.pk}/")
    tab_to(page, "Mark as arrived…", "link")
    page.keyboard.press("Enter")
    tab_to(page, "Mark as arrived")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"E-mail #{unknown.pk} marked as arrived.")).to_be_visible()
    assert (status_of(failed), status_of(unknown)) == ("pending", "completed")
    page.goto(home)
    tab_to(page, "Pause sending…", "link")
    page.keyboard.press("Enter")
    page.get_by_label("All mail").focus()
    page.keyboard.press("Space")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    tab_to(page, "Resume all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    tab_to(page, "Sign out anna")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/admin/"))
    page.goto(home)
    expect(page).to_have_url(re.compile("login"))


def test_times_are_in_the_browsers_zone_from_the_first_page_on(page: Page, home: str) -> None:
    email = make_email("failed")
    browser = page.context.browser
    assert browser is not None
    cookies: Any = page.context.cookies()
    context = browser.new_context(timezone_id="Asia/Tokyo")
    context.add_cookies(cookies)
    elsewhere = context.new_page()
    elsewhere.goto(f"{home}emails/{email.pk}/")
    story = elsewhere.locator(".story")
    expect(story).to_contain_text("JST")
    elsewhere.get_by_role("button", name="Show times in UTC").click()
    expect(story).to_contain_text("UTC")
    elsewhere.get_by_role("button", name="Times in UTC: use my zone").click()
    expect(story).to_contain_text("JST")
    context.close()


def test_all_that_match_are_requeued_while_the_page_is_open(
    page: Page, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    emails = [make_email("failed", email_type="mine") for _ in range(5)]
    page.goto(f"{home}emails/?status=failed&type=mine")
    page.get_by_role("button", name="Requeue all…").click()
    page.get_by_role("button", name="Requeue 5 e-mails").dblclick()
    expect(page.get_by_text("5 e-mails requeued.")).to_be_visible()
    assert {status_of(email) for email in emails} == {"pending"}
