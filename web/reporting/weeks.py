"""The week that a weekly report covers, and numbers as text."""

from datetime import date, timedelta
from decimal import Decimal

from django.utils.dateformat import format as format_date

from postroom.web.dates import in_full


def last_full_week(day: date) -> date:
    """The Monday of the last full week before `day`."""
    return day - timedelta(days=day.weekday() + 7)


def week_in_words(day: date) -> str:
    """`16 to 22 November 2026`: the last full week before `day`."""
    monday = last_full_week(day)
    sunday = monday + timedelta(days=6)
    first = "j" if monday.month == sunday.month else "j F"
    first += "" if monday.year == sunday.year else " Y"
    return f"{format_date(monday, first)} to {in_full(sunday)}"


def share(part: int, whole: int) -> float | None:
    """`part` of `whole` as 0 to 1, or None if `whole` is 0."""
    return part / whole if whole else None


def percent(value: float | None) -> str:
    """`93 %`, or a dash."""
    return "-" if value is None else f"{round(value * 100)} %"


def score(value: Decimal | float | None) -> str:
    """`71.4`, or a dash."""
    return "-" if value is None else f"{value:.1f}"


def number(value: int | None) -> str:
    """`12,345`."""
    return f"{value or 0:,}"
