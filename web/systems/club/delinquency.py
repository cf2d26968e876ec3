"""Members who fly but do no duty: pure functions of dates and counts."""

from calendar import monthrange
from datetime import date


def lookback_start(today: date, months: int) -> date:
    """The same day `months` earlier (whole months, 1 or more), or that month's last day.

    Raises:
        ValueError: fewer than one month, or further back than the calendar goes.
    """
    if months < 1:
        raise ValueError(f"{months} months is not a period to look back; give 1 or more")
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    if year < 1:
        raise ValueError(f"{months} months before {today} is before the first year")
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def is_delinquent(flights: int, duties: int, min_flights: int) -> bool:
    """Whether a member flew at least `min_flights` times and was not on duty once.

    All three are counted over the same period.

    Raises:
        ValueError: `min_flights` is below 1, so that members who do not fly would be listed.
    """
    if min_flights < 1:
        raise ValueError(f"{min_flights} is not a minimum number of flights; give 1 or more")
    return flights >= min_flights and duties == 0
