"""Report schedules through the hourly job on days when clocks change, and in a leap year."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from postroom.web.reporting.models import ReportSchedule
from tests.support.reporting.records import executions, make_schedule, run_reports

pytestmark = pytest.mark.django_db
HOURS = 30


def made(**fields: Any) -> ReportSchedule:
    """A schedule without recipients, planned as at `begin`."""
    begin = fields.pop("begin")
    schedule: ReportSchedule = make_schedule(due=None, **fields)
    schedule.plan(begin)
    schedule.save()
    return schedule


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "03:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "02:30"),
        ("America/New_York", "2026-03-08", "02:30", "03:00"),
        ("America/New_York", "2026-11-01", "01:30", "01:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "02:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "01:45"),
    ],
)
def test_a_daily_report_runs_once_on_a_day_when_clocks_change(
    zone: str, day: str, at: str, expected: str
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    made(begin=midnight, time=datetime.strptime(at, "%H:%M").time(), timezone=zone)
    hour = midnight.replace(minute=0)
    for n in range(HOURS):
        run_reports(hour + timedelta(hours=n))
    local = [one.due.astimezone(ZoneInfo(zone)) for one in executions()]
    assert [f"{one:%Y-%m-%d %H:%M}" for one in local if f"{one:%Y-%m-%d}" == day] == [
        f"{day} {expected}"
    ]
    assert len({one.date() for one in local}) == len(local)


def test_the_31st_of_each_month_of_a_leap_year_is_its_last_day() -> None:
    begin = datetime(2028, 1, 1, tzinfo=UTC)
    made(begin=begin, frequency="monthly", day_of_month=31)
    for n in range(366):
        run_reports(begin + timedelta(days=n, hours=13))
    days = [one.due.strftime("%m-%d") for one in executions()]
    assert days == [
        "01-31", "02-29", "03-31", "04-30", "05-31", "06-30",
        "07-31", "08-31", "09-30", "10-31", "11-30", "12-31",
    ]  # fmt: skip
