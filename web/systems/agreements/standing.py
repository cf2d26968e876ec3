"""The status of an agreement on a day: pure functions of its dates."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from django.utils.translation import npgettext, pgettext

EXPIRY_WARNING_DAYS: Final = 30
# One warning each: sent by the first run that finds this many days left, or fewer.
WARNING_STEPS: Final = (30, 14, 7, 1)


class Standing(StrEnum):
    """The status of an agreement, as pages and e-mails show it."""

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
    """The step of WARNING_STEPS that is due with `left` days left; None: none of them.

    A step lasts until the next one begins, so that the next run makes up for a missed one.
    """
    if left < 0:
        return None
    return min((step for step in WARNING_STEPS if left <= step), default=None)


def next_warning(end: date, today: date) -> date | None:
    """The first day after `today` on which a step of WARNING_STEPS begins; None: none is left."""
    days = (end - timedelta(days=step) for step in WARNING_STEPS)
    return min((day for day in days if day > today), default=None)


def in_words(left: int) -> str:
    """`in 12 days`, `tomorrow`, `today`, in the active language."""
    if left in (0, 1):
        return pgettext("agreement", "tomorrow") if left else pgettext("agreement", "today")
    words = npgettext("agreement", "in %(days)d day", "in %(days)d days", left)
    return words % {"days": left}
