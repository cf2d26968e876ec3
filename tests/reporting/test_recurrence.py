"""When report schedules fall due: tables for hard days, and a slow plain reading of the rules."""

from calendar import monthrange
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.web.jobs.errors import CronError
from postroom.web.reporting.recurrence import Frequency, Recurrence, last_run, next_run

DAILY, WEEKLY, MONTHLY, CRON = Frequency
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


def rule(frequency: Frequency, at: str = "07:00", zone: str = "UTC", **rest: object) -> Recurrence:
    return Recurrence(frequency, time.fromisoformat(at), ZoneInfo(zone), **rest)  # type: ignore[arg-type]


def runs(rule: Recurrence, after: str, count: int) -> list[str]:
    """The next due times as local wall clock."""
    moment, found = datetime.fromisoformat(after).replace(tzinfo=rule.zone), []
    for _ in range(count):
        moment = next_run(rule, moment)
        found.append(f"{moment.astimezone(rule.zone):%Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("what", "after", "expected"),
    [
        (rule(DAILY), "2026-11-22T06:59", ["2026-11-22 07:00", "2026-11-23 07:00"]),
        (rule(DAILY), "2026-11-22T07:00", ["2026-11-23 07:00"]),
        (rule(WEEKLY, weekday=7), "2026-11-22T08:00", ["2026-11-29 07:00"]),
        (
            rule(MONTHLY, day=31),
            "2028-01-31T08:00",
            ["2028-02-29 07:00", "2028-03-31 07:00", "2028-04-30 07:00"],
        ),
        (rule(MONTHLY, day=30), "2026-02-01T00:00", ["2026-02-28 07:00", "2026-03-30 07:00"]),
        (rule(MONTHLY, day=1), "2026-12-02T00:00", ["2027-01-01 07:00"]),
        (rule(CRON, expression="15 6 1 1 *"), "2026-02-01T00:00", ["2027-01-01 06:15"]),
    ],
)
def test_plain_days(what: Recurrence, after: str, expected: list[str]) -> None:
    assert runs(what, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("zone", "before", "at", "expected"),
    [
        ("Europe/Berlin", "2026-03-28T12:00", "02:30", "2026-03-29 03:00"),
        ("America/New_York", "2026-03-07T12:00", "02:30", "2026-03-08 03:00"),
        ("Australia/Lord_Howe", "2026-10-03T12:00", "02:15", "2026-10-04 02:30"),
    ],
)
def test_a_time_that_clocks_skip_is_due_when_they_have_gone(
    zone: str, before: str, at: str, expected: str
) -> None:
    first, second = runs(rule(DAILY, at, zone), before, 2)
    assert first == expected
    assert second.endswith(at)


@pytest.mark.parametrize(
    ("zone", "before", "at", "utc"),
    [
        ("Europe/Berlin", "2026-10-24T12:00", "02:30", "2026-10-25T00:30+00:00"),
        ("America/New_York", "2026-10-31T12:00", "01:30", "2026-11-01T05:30+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:00", "01:45", "2026-04-04T14:45+00:00"),
    ],
)
def test_a_time_that_comes_twice_is_due_once(zone: str, before: str, at: str, utc: str) -> None:
    what = rule(DAILY, at, zone)
    first = next_run(what, datetime.fromisoformat(before).replace(tzinfo=what.zone))
    assert first == datetime.fromisoformat(utc)
    assert next_run(what, first) - first > timedelta(hours=23)


@pytest.mark.parametrize(
    ("what", "after", "expected"),
    [
        (rule(DAILY, business_days_only=True), "2026-11-20T08:00", "2026-11-23 07:00"),
        (rule(WEEKLY, weekday=6, business_days_only=True), "2026-11-20T08:00", "2026-11-23 07:00"),
        (rule(WEEKLY, weekday=6, business_days_only=True), "2026-11-22T08:00", "2026-11-23 07:00"),
        (rule(MONTHLY, day=31, business_days_only=True), "2026-01-31T08:00", "2026-02-02 07:00"),
        (
            rule(CRON, expression="0 9 * * *", business_days_only=True),
            "2026-11-20T10:00",
            "2026-11-23 09:00",
        ),
    ],
)
def test_business_days_only(what: Recurrence, after: str, expected: str) -> None:
    assert runs(what, after, 1) == [expected]


@pytest.mark.parametrize("expression", ["0 9 30 2 *", "0 9 * *", "nonsense"])
def test_an_expression_that_is_never_due_is_told(expression: str) -> None:
    with pytest.raises(CronError):
        next_run(rule(CRON, expression=expression), datetime(2026, 1, 1, tzinfo=UTC))


def test_an_expression_for_weekends_is_never_due_on_business_days() -> None:
    weekends = rule(CRON, expression="0 9 * * 6", business_days_only=True)
    with pytest.raises(CronError, match="business day"):
        next_run(weekends, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("what", "due", "now", "expected"),
    [
        (rule(DAILY), "2026-11-20T07:00", "2026-11-20T07:00", "2026-11-20T07:00"),
        (rule(DAILY), "2026-11-20T07:00", "2026-11-23T06:59", "2026-11-22T07:00"),
        (rule(WEEKLY, weekday=5), "2026-11-06T07:00", "2026-11-23T08:00", "2026-11-20T07:00"),
        (rule(MONTHLY, day=31), "2026-01-31T07:00", "2026-11-29T08:00", "2026-10-31T07:00"),
        (rule(CRON, expression="* * * * *"), "1999-01-01T00:00", "2026-01-01T00:00", ""),
        (
            rule(CRON, expression="0 7 29 2 *"),
            "2020-02-29T07:00",
            "2027-01-01T00:00",
            "2024-02-29T07:00",
        ),
    ],
)
def test_last_due_time_that_passed(what: Recurrence, due: str, now: str, expected: str) -> None:
    first, last, end = (datetime.fromisoformat(f"{one}Z") for one in (due, expected or now, now))
    assert last_run(what, first, end) == last


def plain_next_run(what: Recurrence, after: datetime) -> datetime:
    """Minute by minute: the first at which the wall clock reaches the time on a due day."""
    minute = after.replace(second=0, microsecond=0)
    wall = minute.astimezone(what.zone).replace(tzinfo=None)
    reached = wall  # the latest wall clock so far: a clock that goes back reaches nothing new
    for _ in range(4 * 60):  # it may have gone back just before
        reached = max(reached, (minute - _ * MINUTE).astimezone(what.zone).replace(tzinfo=None))
    while True:
        minute += MINUTE
        wall = minute.astimezone(what.zone).replace(tzinfo=None)
        if wall <= reached:
            continue
        passed = [reached + MINUTE, wall]
        reached = wall
        for point in {datetime.combine(p.date(), what.at) for p in passed}:
            if passed[0] <= point <= wall and plain_due_day(what, point):
                return minute


MINUTE = timedelta(minutes=1)


def plain_due_day(what: Recurrence, day: datetime) -> bool:
    named = [day]
    if what.business_days_only:
        if day.isoweekday() > 5:
            return False
        if what.frequency is not DAILY and day.isoweekday() == 1:
            named += [day - timedelta(days=1), day - timedelta(days=2)]
    return any(plain_named(what, one) for one in named)


def plain_named(what: Recurrence, day: datetime) -> bool:
    last = monthrange(day.year, day.month)[1]
    return {
        DAILY: True,
        WEEKLY: day.isoweekday() == what.weekday,
        MONTHLY: day.day == what.day or (day.day == last and what.day > last),
    }[what.frequency]


CHANGES = [
    "2026-03-08", "2026-03-29", "2026-04-04", "2026-10-03", "2026-10-25", "2026-11-01",
    "2028-02-28", "2026-12-31",
]  # fmt: skip


@settings(max_examples=60)
@given(
    st.sampled_from([DAILY, WEEKLY, MONTHLY]),
    st.sampled_from(ZONES),
    st.sampled_from(["00:00", "01:30", "01:59", "02:00", "02:15", "02:30", "03:00", "23:59"]),
    st.integers(1, 7),
    st.integers(1, 31),
    st.booleans(),
    st.sampled_from(CHANGES),
    st.integers(-3 * 1440, 3 * 1440),
)
def test_next_run_is_what_a_slow_plain_reading_says(
    frequency: Frequency,
    zone: str,
    at: str,
    weekday: int,
    day: int,
    business: bool,
    near: str,
    minutes: int,
) -> None:
    what = rule(frequency, at, zone, weekday=weekday, day=day, business_days_only=business)
    after = datetime.fromisoformat(near).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    assert next_run(what, after) == plain_next_run(what, after)
