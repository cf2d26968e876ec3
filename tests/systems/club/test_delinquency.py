"""Who flies but does no duty, and since when that is asked."""

from datetime import date

import pytest

from postroom.web.systems.club.delinquency import is_delinquent, lookback_start


@pytest.mark.parametrize(
    ("today", "months", "start"),
    [
        (date(2026, 11, 1), 12, date(2025, 11, 1)),
        (date(2026, 11, 1), 1, date(2026, 10, 1)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 12, 31), 24, date(2024, 12, 31)),
        (date(2, 1, 1), 12, date(1, 1, 1)),
    ],
)
def test_lookback_is_whole_months(today: date, months: int, start: date) -> None:
    assert lookback_start(today, months) == start


@pytest.mark.parametrize("months", [0, -1, 30_000])
def test_impossible_lookback_is_refused(months: int) -> None:
    with pytest.raises(ValueError, match="months"):
        lookback_start(date(2026, 11, 1), months)


@pytest.mark.parametrize(
    ("flights", "duties", "min_flights", "answer"),
    [
        (0, 0, 1, False),
        (1, 0, 1, True),
        (1, 1, 1, False),
        (2, 0, 3, False),
        (3, 0, 3, True),
        (100, 1, 3, False),
    ],
)
def test_delinquent_is_who_flies_enough_and_does_no_duty(
    flights: int, duties: int, min_flights: int, answer: bool
) -> None:
    assert is_delinquent(flights, duties, min_flights) is answer


@pytest.mark.parametrize("min_flights", [0, -1])
def test_who_does_not_fly_is_never_accused(min_flights: int) -> None:
    with pytest.raises(ValueError, match="flights"):
        is_delinquent(0, 0, min_flights)
