"""One form each for times, lengths of time and numbers, for every page of the console."""

from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
_GROUP: Final = "\u202f"  # narrow no-break space
_LAST_OF_FOUR_DIGITS: Final = 9999


def aware(moment: datetime) -> datetime:
    """The same moment with a zone, on sites with `USE_TZ = False` too."""
    if timezone.is_naive(moment):
        return timezone.make_aware(moment, timezone.get_default_timezone())
    return moment


def time(moment: datetime | None) -> str:
    """`29 Nov 2026, 16:50:03 CET`, in the reader's zone; empty without a time."""
    if moment is None:
        return ""
    local = timezone.localtime(aware(moment))
    return f"{date(moment)}, {local:%H:%M:%S} {zone_name(local)}"


def date(moment: datetime) -> str:
    """`29 Nov 2026`. In English, whatever the site's language is: so is all of the console."""
    local = timezone.localtime(aware(moment))
    return f"{local.day} {_MONTHS[4 * local.month - 4 : 4 * local.month - 1]} {local.year}"


def clock(moment: datetime) -> str:
    """`16:50`, for axes."""
    return f"{timezone.localtime(aware(moment)):%H:%M}"


def zone_name(moment: datetime) -> str:
    """`CET`, or `UTC+03` for zones that have no letters."""
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" and name else name


def machine_time(moment: datetime | None) -> str:
    """As HTML's `datetime` attribute has it, in UTC; empty without a time."""
    return "" if moment is None else f"{aware(moment).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def length(span: timedelta | float | None) -> str:
    """`28 min`: rounded down to one unit. Seconds if it is a number; empty without a length."""
    if span is None:
        return ""
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if 0 < seconds < 1:
        return f"{max(1, round(seconds * 1000))} ms"
    # Not negative where this host's clock differs from the database's.
    whole = max(0, round(seconds))
    for name, size in _UNITS:
        if whole >= size:
            return f"{whole // size} {name}"
    return "0 s"


def since(moment: datetime | None) -> str:
    """Time since `moment`, as `length` writes it."""
    return "" if moment is None else length(_seconds(timezone.now() - _now_like(moment)))


def until(moment: datetime | None) -> str:
    """Time until `moment`, as `length` writes it."""
    return "" if moment is None else length(_seconds(_now_like(moment) - timezone.now()))


def number(value: int | float | None) -> str:
    """`25 000` with a narrow no-break space; four digits have none. Empty without a number."""
    if value is None:
        return ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.1f}".replace(",", _GROUP)
    whole = int(value)
    return str(whole) if abs(whole) <= _LAST_OF_FOUR_DIGITS else f"{whole:,}".replace(",", _GROUP)


def counted(value: int, one: str, many: str = "") -> str:
    """`1 e-mail`, `25 000 e-mails`."""
    return f"{number(value)} {one if value == 1 else many or f'{one}s'}"


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _now_like(moment: datetime) -> datetime:
    return aware(moment) if timezone.is_aware(timezone.now()) else moment
