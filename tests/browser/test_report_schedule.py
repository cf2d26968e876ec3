"""Report schedules at a real browser: made, sent now, tested, looked back on, deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import EmailQueue
from postroom.web.reporting.models import ReportSchedule
from tests.support.job_runs import queued, recipients
from tests.support.reporting.records import (
    executions,
    make_schedule,
    make_school,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/postroom_reporting/reportschedule/"


@pytest.fixture(autouse=True)
def _site(live_server: LiveServer, settings: Any) -> None:
    settings.SITE_URL = live_server.url
    make_school()


def height_of(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["height"]


def make_history() -> ReportSchedule:
    """Three runs: all sent; one of two failed; not built."""
    schedule: ReportSchedule = make_schedule(due=None)
    subscribe(schedule, "ann", "ben")
    begun = timezone.now() - timedelta(days=3)
    for day, failed in enumerate(([], ["ann@example.org"], [])):
        schedule.next_scheduled = begun + timedelta(days=day)
        schedule.save()
        run_reports(schedule.next_scheduled)
        unsent = EmailQueue.objects.filter(status="pending")
        unsent.filter(recipients__address__in=failed).update(status="failed")
        unsent.filter(status="pending").update(status="completed", sent_at=begun)
    last = schedule.executions.first()
    assert last is not None
    last.deliveries.all().delete()
    last.error = "RuntimeError: the numbers do not add up"
    last.save()
    return schedule


def test_schedule_is_made_after_its_mistake_was_told(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}{LIST}add/")
    page.get_by_label("Name").fill("Every Monday")
    page.get_by_label("Report type").select_option("tutor_weekly_report")
    page.get_by_label("Frequency").select_option("weekly")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A weekly schedule needs a day of the week.")).to_be_visible()
    assert not ReportSchedule.objects.exists()

    page.get_by_label("Day of week").select_option("Monday")
    page.get_by_text("Add another Recipient").click()
    page.locator("[name=recipients-0-user] + .select2").click()
    page.get_by_role("option", name="anna").click()
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.get_by_role("row", name="Every Monday")
    expect(row.get_by_text("Weekly, Monday")).to_be_visible()
    expect(row.get_by_text("Active")).to_be_visible()
    schedule = ReportSchedule.objects.get()
    assert schedule.next_scheduled is not None
    assert (
        schedule.next_scheduled.astimezone(schedule.rule.zone).strftime("%a %H:%M") == "Mon 07:00"
    )
    assert [one.user.username for one in schedule.recipients.all()] == ["anna"]


def test_send_now_and_send_me_a_test(page: Page, live_server: LiveServer) -> None:
    schedule = make_schedule(due=None)
    subscribe(schedule, "ann")
    page.goto(f"{live_server.url}{LIST}{schedule.pk}/change/")
    page.get_by_role("button", name="Send me a test").click()
    expect(page.get_by_text("A test with the first rows is on its way to you.")).to_be_visible()
    assert recipients(queued("reports.test")[0]) == ["anna@example.org"]

    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Run requested. The report goes out with the next run")).to_be_visible()
    expect(page.get_by_text("Requested by anna")).to_be_visible()
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("Not sent: a run of this report is already requested.")).to_be_visible()
    run_reports(timezone.now())
    assert recipients(queued("reports.scheduled")[0]) == ["ann@example.org"]
    assert [one.trigger for one in executions()] == ["test", "by_hand"]
    page.reload()
    expect(page.get_by_text("(anna)")).to_have_count(2)
    assert {entry.change_message for entry in LogEntry.objects.all()} == {
        "Requested a run now.",
        "Sent themselves a test.",
    }


def test_history_is_a_chart_whose_bars_have_the_height_of_their_counts(
    page: Page, live_server: LiveServer
) -> None:
    schedule = make_history()
    page.goto(f"{live_server.url}{LIST}{schedule.pk}/change/")
    bars = page.locator(".report-bar")
    whole = height_of(page.locator(".report-bars"))

    def heights(place: int) -> list[float]:
        """Percent of the chart that is sent, pending, failed and not built."""
        boxes = [
            bars.nth(place).locator(f".report-{kind}")
            for kind in ("successful", "pending", "failed")
        ]
        return [round(height_of(box) / whole * 100, -1) for box in boxes]

    assert [heights(place) for place in range(3)] == [[100, 0, 0], [50, 0, 50], [0, 0, 0]]
    expect(bars.nth(2).locator(".report-broken")).to_be_visible()
    expect(page.get_by_text("RuntimeError: the numbers do not add up")).to_be_visible()
    expect(page.get_by_text("1 of 2 sent, 1 failed; 2 rows")).to_be_visible()


def test_a_recipient_is_taken_off_and_the_schedule_deleted(
    page: Page, live_server: LiveServer
) -> None:
    schedule = make_history()
    page.goto(f"{live_server.url}{LIST}{schedule.pk}/change/")
    expect(page.get_by_role("row", name="ann").locator("select")).to_have_count(0)
    page.locator("[name=recipients-0-DELETE]").check()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert [one.user.username for one in schedule.recipients.all()] == ["ben"]

    page.locator("a.deletelink").click()  # a link, and for Django 6.1 a button
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("was deleted successfully")).to_be_visible()
    assert not ReportSchedule.objects.exists()


def test_no_page_scrolls_sideways_or_shows_an_object(page: Page, live_server: LiveServer) -> None:
    schedule = make_history()
    runs = "/admin/postroom_reporting/reportscheduleexecution/"
    run = f"{runs}{executions()[0].pk}/change/"
    paths = (LIST, f"{LIST}add/", f"{LIST}{schedule.pk}/change/", runs, run)
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        for path in paths:
            page.goto(f"{live_server.url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert "object at 0x" not in page.locator("body").inner_text(), path
