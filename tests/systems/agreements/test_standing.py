"""How an agreement stands, at every border."""

from datetime import date, timedelta

import pytest

from postroom.web.systems.agreements.standing import (
    Standing,
    days_left,
    expires_soon,
    in_words,
    standing,
    warning_step,
)

TODAY = date(2026, 11, 22)


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("starts", "ends", "answer"),
    [
        (-100, -1, Standing.EXPIRED),
        (-100, 0, Standing.EXPIRING),
        (-100, 30, Standing.EXPIRING),
        (-100, 31, Standing.ACTIVE),
        (0, 31, Standing.ACTIVE),
        (1, 400, Standing.UPCOMING),
        (1, 20, Standing.UPCOMING),
        (0, 0, Standing.EXPIRING),
    ],
)
def test_standing_by_dates(starts: int, ends: int, answer: Standing) -> None:
    assert standing(in_days(starts), in_days(ends), TODAY) is answer


@pytest.mark.parametrize(("ends", "soon"), [(-1, False), (0, True), (30, True), (31, False)])
def test_warning_within_thirty_days(ends: int, soon: bool) -> None:
    assert days_left(in_days(ends), TODAY) == ends
    assert expires_soon(in_days(ends), TODAY) is soon


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (31, None),
        (30, 30),
        (15, 30),
        (14, 14),
        (8, 14),
        (7, 7),
        (2, 7),
        (1, 1),
        (0, 1),
        (-1, None),
    ],
)
def test_warning_step_lasts_until_the_next(left: int, step: int | None) -> None:
    assert warning_step(left) == step


@pytest.mark.parametrize(
    ("left", "words"), [(0, "today"), (1, "tomorrow"), (2, "in 2 days"), (30, "in 30 days")]
)
def test_days_left_in_words(left: int, words: str) -> None:
    assert in_words(left) == words
