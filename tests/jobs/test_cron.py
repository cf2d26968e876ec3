"""When cron expressions fall due, above all on the days when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.web.jobs.errors import CronError
from postroom.web.jobs.timing.cron import explain, latest, next_run, upcoming

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(expression: str, first: str, count: int) -> list[str]:
    """`count` due times in Berlin after 00:00 of a day there, as UTC."""
    begin = datetime.fromisoformat(first).replace(tzinfo=BERLIN)
    return [f"{m:%d %H:%M}" for m in upcoming(expression, BERLIN, begin, count)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # 29 March 2026: 02:00 CET becomes 03:00 CEST, at 01:00 UTC.
        ("30 2 * * *", ["29 01:00", "30 00:30", "31 00:30"]),
        ("0 2 * * *", ["29 01:00", "30 00:00", "31 00:00"]),
        ("0 3 * * *", ["29 01:00", "30 01:00", "31 01:00"]),
        ("0 8 * * *", ["29 06:00", "30 06:00", "31 06:00"]),
        ("0 * * * *", ["29 00:00", "29 01:00", "29 02:00"]),
    ],
)
def test_spring_day_skips_no_run(expression: str, expected: list[str]) -> None:
    assert due(expression, "2026-03-29T00:00", 3) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # 25 October 2026: 03:00 CEST becomes 02:00 CET, at 01:00 UTC.
        ("30 2 * * *", ["25 00:30", "26 01:30", "27 01:30"]),
        ("0 2 * * *", ["25 00:00", "26 01:00", "27 01:00"]),
        ("0 3 * * *", ["25 02:00", "26 02:00", "27 02:00"]),
        ("0 8 * * *", ["25 07:00", "26 07:00", "27 07:00"]),
        ("0 * * * *", ["24 23:00", "25 00:00", "25 01:00"]),
    ],
)
def test_autumn_day_doubles_no_run(expression: str, expected: list[str]) -> None:
    assert due(expression, "2026-10-25T00:00", 3) == expected


def test_run_is_not_due_again_in_the_second_of_two_equal_hours() -> None:
    asked = utc("2026-10-25T01:00")  # 02:00 for the second time
    assert next_run("30 2 * * *", BERLIN, asked) == utc("2026-10-26T01:30")


def test_same_wall_clock_time_is_another_moment_elsewhere() -> None:
    asked = utc("2026-07-01T00:00")
    moments = [next_run("0 8 * * *", ZoneInfo(z), asked) for z in ("Asia/Tokyo", "UTC")]
    assert moments == [utc("2026-07-01T23:00"), utc("2026-07-01T08:00")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 10 * * 1", "2026-11-23T10:00"),
        ("0 9 * * 0", "2026-11-22T09:00"),
        ("0 7 1 * *", "2026-12-01T07:00"),
        ("0 8 29 2 *", "2028-02-29T08:00"),
    ],
)
def test_weekdays_and_days_of_the_month(expression: str, expected: str) -> None:
    assert next_run(expression, ZoneInfo("UTC"), utc("2026-11-22T04:00")) == utc(expected)


@pytest.mark.parametrize("text", ["", "x", "* * * *", "60 * * * *", "0 0 30 2 *", "0 0 0 * * *"])
def test_nonsense_is_refused_with_the_expression(text: str) -> None:
    with pytest.raises(CronError, match="cron expression"):
        next_run(text, BERLIN, utc("2026-01-01T00:00"))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["30 2 * * *", "0 8 * * *", "0 10 * * 1", "*/7 * * * *", "15 2,3 * * *"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_due_times_always_grow(after: datetime, expression: str, zone: str) -> None:
    moments = [after]
    for _ in range(4):
        moments.append(next_run(expression, ZoneInfo(zone), moments[-1]))
    assert moments == sorted(set(moments))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(
        ["30 2 * * *", "0 18 * * *", "0 10 * * 1", "0 7 1 * *", "*/7 * * * *", "15 2,3 * * *"]
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_latest_is_the_due_time_before_the_next_one(
    until: datetime, expression: str, zone: str
) -> None:
    found = latest(expression, ZoneInfo(zone), until)
    assert found <= until
    assert next_run(expression, ZoneInfo(zone), found - timedelta(microseconds=1)) == found
    assert next_run(expression, ZoneInfo(zone), found) > until


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        # Both days on which clocks change; 02:30 is 01:00 and 00:30 UTC there.
        ("2026-03-29T00:59", "2026-03-28T01:30"),
        ("2026-03-29T01:00", "2026-03-29T01:00"),
        ("2026-10-25T00:29", "2026-10-24T00:30"),
        ("2026-10-25T00:30", "2026-10-25T00:30"),
        ("2026-10-25T01:45", "2026-10-25T00:30"),
    ],
)
def test_latest_is_right_on_days_when_clocks_change(until: str, expected: str) -> None:
    assert latest("30 2 * * *", BERLIN, utc(until)) == utc(expected)


@pytest.mark.parametrize("text", ["x", "* * * *", "0 0 30 2 *"])
def test_nonsense_has_no_latest_due_time(text: str) -> None:
    with pytest.raises(CronError, match=r"cron expression|is never due"):
        latest(text, BERLIN, utc("2026-01-01T00:00"))


def test_expression_is_explained_in_words() -> None:
    assert explain("0 10 * * 1") == "At 10:00 on Monday"
    assert explain("nonsense") == "nonsense"
