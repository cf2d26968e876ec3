"""How an agreement stands on a day: pure functions of its dates."""

from datetime import date
from enum import StrEnum
from typing import Final

EXPIRY_WARNING_DAYS: Final = 30
# Each is told once: a warning comes when the first run finds this many days or fewer left.
WARNING_STEPS: Final = (30, 14, 7, 1)


class Standing(StrEnum):
    """What an agreement's status reads like."""

    UPCOMING = "Not yet in force"
    ACTIVE = "Active"
    EXPIRING = "Expires soon"
    EXPIRED = "Expired"


def days_left(end: date, today: date) -> int:
    """Days until the last day; 0 on the last day, negative once it is over."""
    return (end - today).days


def expires_soon(end: date, today: date) -> bool:
    """Whether it is not over and ends within 30 days, the thirtieth included."""
    return 0 <= days_left(end, today) <= EXPIRY_WARNING_DAYS


def standing(start: date, end: date, today: date) -> Standing:
    """The status of an agreement in force from `start` to `end`, both days included."""
    if today > end:
        return Standing.EXPIRED
    if today < start:
        return Standing.UPCOMING
    return Standing.EXPIRING if expires_soon(end, today) else Standing.ACTIVE


def warning_step(left: int) -> int | None:
    """Which of WARNING_STEPS is due with so many days left; None outside all of them.

    A step lasts until the next one begins, so that a missed run is made up for by the next.
    """
    if left < 0:
        return None
    return min((step for step in WARNING_STEPS if left <= step), default=None)


def in_words(left: int) -> str:
    """`in 12 days`, `tomorrow`, `today`."""
    return {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
