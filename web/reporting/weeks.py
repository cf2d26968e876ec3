"""The week that a weekly report covers, and numbers as text."""

from datetime import date, timedelta
from decimal import Decimal

from postroom.web import dates


def last_full_week(day: date) -> date:
    """The Monday of the last full week before `day`."""
    return day - timedelta(days=day.weekday() + 7)


def week_in_words(day: date) -> str:
    """`16 to 22 November 2026`: the last full week before `day`, in the active language."""
    monday = last_full_week(day)
    return dates.span(monday, monday + timedelta(days=6))


def share(part: int, whole: int) -> float | None:
    """`part` of `whole` as 0 to 1, or None if `whole` is 0."""
    return part / whole if whole else None


def percent(value: float | None) -> str:
    """`93%`, or a dash, in the active language."""
    return "-" if value is None else dates.percent(value)


def score(value: Decimal | float | None) -> str:
    """`71.4`, or a dash, in the active language."""
    return "-" if value is None else decimal(value)


def decimal(value: Decimal | float) -> str:
    """`71.4`, in the active language."""
    return dates.number(round(float(value), 1), 1)


def number(value: int | None) -> str:
    """`12,345`, in the active language."""
    return dates.number(value or 0)
