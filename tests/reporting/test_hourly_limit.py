"""Never two runs of a schedule within an hour, whoever wants them, and how the hour is counted."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from postroom.web.reporting import manual_runs
from tests.support.reporting.records import (
    HOUR,
    NOON,
    SITE,
    executions,
    make_schedule,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def test_no_two_runs_within_an_hour() -> None:
    schedule = make_schedule(frequency="cron", cron_expression="*/10 * * * *")
    subscribe(schedule, "ann")
    for minutes in (0, 10, 30, 59):
        run_reports(NOON + timedelta(minutes=minutes))
    assert len(executions()) == 1
    run_reports(NOON + HOUR)
    assert len(executions()) == 2


@pytest.mark.parametrize(
    ("first", "second", "runs"),
    [
        ("12:00:00", "12:59:59.999999", 1),
        ("12:00:00", "13:00:00", 2),
        ("12:00:40", "13:00:00", 2),  # a scheduler that starts earlier than the last time
        ("12:00:59.999999", "13:00:00", 2),
        ("12:01:00", "13:00:59.999999", 1),
        ("12:01:00", "13:01:00", 2),
        ("12:40:00", "13:00:00", 1),  # made up for late
        ("12:40:00", "14:00:00", 2),
    ],
)
def test_the_hour_is_counted_from_minute_to_minute(first: str, second: str, runs: int) -> None:
    schedule = make_schedule(frequency="cron", cron_expression="*/10 * * * *")
    subscribe(schedule, "ann")
    for moment in (first, second):
        run_reports(datetime.combine(NOON, time.fromisoformat(moment), UTC))
    assert len(executions()) == runs


@pytest.mark.parametrize(("minutes", "taken"), [(59, False), (60, True)])
def test_a_run_that_is_asked_for_keeps_the_hour_too(minutes: int, taken: bool) -> None:
    schedule = make_schedule()
    run_reports()
    now = NOON + timedelta(minutes=minutes)
    assert manual_runs.request_run(schedule.pk, schedule.created_by, now) is taken
    type(schedule).objects.update(requested_at=now)
    run_reports(now)
    assert len(executions()) == 1 + taken


def test_a_due_time_within_the_hour_of_a_run_by_hand_waits() -> None:
    schedule = make_schedule(due=NOON + timedelta(minutes=30))
    assert manual_runs.request_run(schedule.pk, schedule.created_by, NOON)
    run_reports()
    run_reports(NOON + timedelta(minutes=45))
    assert [one.trigger for one in executions()] == ["by_hand"]
    run_reports(NOON + HOUR)
    assert [one.due for one in executions()] == [None, NOON + timedelta(minutes=30)]
