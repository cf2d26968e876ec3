"""Dates, times and numbers as people read them, in the active language of Django.

Here: what the engine and several systems share. What one system alone needs is not here.
"""

from datetime import date, datetime, tzinfo
from typing import Final

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import get_format, number_format
from django.utils.translation import get_language

# How a moment is put together; other languages take the first.
_MOMENT: Final = {
    "": "{day}, {time} ({zone})",
    "en": "{day} at {time} ({zone})",
    "de": "{day} um {time} Uhr ({zone})",
}
_DASH: Final = "\N{EN DASH}"
# Abbreviations that readers of a language know by another name.
_ZONES: Final = {"de": {"CET": "MEZ", "CEST": "MESZ", "EET": "OEZ", "EEST": "OESZ"}}


def in_full(day: date) -> str:
    """`5 January 2026`, in German `5. Januar 2026`."""
    return format_date(day, _whole_date())


def span(first: date, last: date) -> str:
    """`16 to 22 November 2026`, in German `16. bis 22. November 2026`."""
    to = {"en": "to", "de": "bis"}.get(_language())
    if to is None or first.year != last.year:
        return f"{in_full(first)} {to or _DASH} {in_full(last)}"
    day = "j." if _language() == "de" else "j"
    beginning = format_date(first, day if first.month == last.month else f"{day} F")
    return f"{beginning} {to} {in_full(last)}"


def with_weekday(day: date) -> str:
    """`Monday 5 January 2026`, in German `Montag, 5. Januar 2026`."""
    return format_date(day, f"l{_comma()} {_whole_date()}")


def in_short(day: date) -> str:
    """`Mon 5 Jan 2026`, in German `Mo, 5. Jan. 2026`: for a narrow column."""
    month = "M" if _language() == "en" else "N"
    return format_date(day, f"D{_comma()} {_whole_date().replace('F', month)}")


def moment(when: datetime, zone: tzinfo | None = None) -> str:
    """`5 January 2026 at 14:00 (CET)`: an aware time in `zone`, by default in Django's current one.

    The zone is always named, so that a reader elsewhere is not misled.
    """
    local = timezone.localtime(when, zone)
    pattern = _MOMENT.get(_language(), _MOMENT[""])
    return pattern.format(day=in_full(local), time=f"{local:%H:%M}", zone=_zone(local))


def number(value: float, places: int = 0) -> str:
    """`12,345`, in German `12.345`; with `places` decimals."""
    return str(number_format(value, places, use_l10n=True, force_grouping=True))


def percent(share: float) -> str:
    """`91%` for 0.91; in languages that have a space there, with one that does not break."""
    space = "" if _language() in ("en", "tr") else "\N{NO-BREAK SPACE}"
    return f"{round(share * 100)}{space}%"


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


def _whole_date() -> str:
    """Django's format of the language; for English the one that all its readers understand."""
    return "j F Y" if _language() == "en" else str(get_format("DATE_FORMAT", use_l10n=True))


def _comma() -> str:
    return "" if _language() == "en" else ","


def _zone(local: datetime) -> str:
    name = local.tzname() or "UTC"
    if name[0] in "+-":  # the zone has no abbreviation
        sign, hours, minutes = name[0], name[1:3].lstrip("0") or "0", name[3:]
        return f"UTC{sign}{hours}" + (f":{minutes}" if minutes else "")
    return _ZONES.get(_language(), {}).get(name, name)
