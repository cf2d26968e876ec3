"""Filters that write dates, times and numbers as the e-mail's language does, by Babel.

A context is JSON, so a date arrives as `2026-03-03` and a moment as `2026-03-03T13:00:00Z`; dates,
datetimes and numbers are taken too. `zone` is a name such as `Europe/Berlin`: a moment is shown in
its time; a time without an offset is one of that zone already. Babel is loaded at the first use.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import jinja2

from postroom.shared.rendering.budget import RefusedValueError, current
from postroom.shared.rendering.wording.phrases import MOMENT

if TYPE_CHECKING:
    from babel import Locale

_LONGEST: Final = 40  # characters of a date or number that arrives as text
_OFFSET: Final = re.compile(r"[+-]\d{4}")
# Where a bare tag means a country's habits to Babel, but readers are anywhere: 3 March, 14:00.
_ANYWHERE: Final = {"en": "en_GB"}


@lru_cache(maxsize=64)
def _locale(language: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    parts = language.split("-")
    for end in range(len(parts), 0, -1):
        name = "_".join(parts[:end])
        try:
            return Locale.parse(_ANYWHERE.get(name, name))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(_ANYWHERE["en"])


def _language(environment: jinja2.Environment) -> "Locale":
    return _locale(getattr(environment, "language", "en"))


@jinja2.pass_environment
def long_date(environment: jinja2.Environment, value: Any, zone: str = "") -> str:
    """`3 March 2026`."""
    return _date(environment, value, zone, "long")


@jinja2.pass_environment
def short_date(environment: jinja2.Environment, value: Any, zone: str = "") -> str:
    """`3 Mar 2026`: short, and not to be misread as 03/03/26 is."""
    return _date(environment, value, zone, "medium")


@jinja2.pass_environment
def clock(environment: jinja2.Environment, value: Any, zone: str = "") -> str:
    """`14:00`, without the zone's name: for the end of a span that names it."""
    from babel.dates import format_time

    found = _moment(value, zone)
    if isinstance(found, datetime):
        found = found.time()
    elif not isinstance(found, time):
        raise RefusedValueError(f"{_shown(value)} is a date without a time of day")
    return str(format_time(found, "short", locale=_language(environment)))


@jinja2.pass_environment
def local_datetime(environment: jinja2.Environment, value: Any, zone: str = "") -> str:
    """`3 March 2026 at 14:00 (CET)`."""
    moment = _moment(value, zone)
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise RefusedValueError(
            f"{_shown(value)} has no time zone; give one, as in |local_datetime('Europe/Berlin')"
        )
    day = _date(environment, moment, "", "long")
    hour = clock(environment, moment)
    return f"{_joined(environment, day, hour)} ({_zone_name(environment, moment)})"


@jinja2.pass_environment
def number(environment: jinja2.Environment, value: Any, decimals: int | None = None) -> str:
    """`1,234.5`; with `decimals`, exactly so many digits behind the point."""
    from babel.numbers import format_decimal

    pattern = None
    if decimals is not None:
        if not isinstance(decimals, int) or not 0 <= decimals <= 20:
            raise RefusedValueError("number takes 0 to 20 decimals")
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(_number(value), pattern, locale=_language(environment)))


@jinja2.pass_environment
def percent(environment: jinja2.Environment, value: Any, decimals: int = 0) -> str:
    """`91%` for 0.91: a share of one."""
    from babel.numbers import format_percent

    locale = _language(environment)
    pattern = str(locale.percent_formats[None].pattern)
    if not isinstance(decimals, int) or not 0 <= decimals <= 20:
        raise RefusedValueError("percent takes 0 to 20 decimals")
    if decimals:
        pattern = pattern.replace("0", "0." + "0" * decimals, 1) if "0" in pattern else pattern
    return str(format_percent(_number(value), pattern, locale=locale))


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "clock": clock,
    "local_datetime": local_datetime,
    "long_date": long_date,
    "number": number,
    "percent": percent,
    "short_date": short_date,
}


def _date(environment: jinja2.Environment, value: Any, zone: str, form: Any) -> str:
    from babel.dates import format_date

    found = _moment(value, zone)
    if isinstance(found, time):
        raise RefusedValueError(f"{_shown(value)} is a time of day, not a date")
    return str(format_date(found, form, locale=_language(environment)))


def _joined(environment: jinja2.Environment, day: str, hour: str) -> str:
    """Date and time as a sentence has them, `at` between them."""
    locale = _language(environment)
    phrases: Any = environment.globals["gettext"]
    if locale.language == "en" or phrases(MOMENT) != MOMENT:
        return str(phrases(MOMENT, date=day, time=hour))
    return str(locale.datetime_formats["long"]).replace("{1}", day).replace("{0}", hour)


def _zone_name(environment: jinja2.Environment, moment: datetime) -> str:
    """`CET`, or `UTC-05:00` where the language has no name for it."""
    from babel.dates import get_timezone_name

    name = str(get_timezone_name(moment, "short", locale=_language(environment)))
    return f"UTC{name[:3]}:{name[3:]}" if _OFFSET.fullmatch(name) else name


def _moment(value: Any, zone: str) -> date | time:
    """The date, time or datetime; one with an offset is turned into the zone's time."""
    found = value if isinstance(value, (date, time)) else _parsed(value)
    if isinstance(found, time) and found.tzinfo is not None:
        raise RefusedValueError(
            f"{_shown(value)} is a time of day with an offset, and no zone's time follows from "
            "that; give it with its date, or without the offset"
        )
    if not zone:
        return found
    place = _zone(zone)
    if not isinstance(found, datetime):
        return found
    return found.replace(tzinfo=place) if found.tzinfo is None else _turned(found, place, value)


def _turned(moment: datetime, place: tzinfo, value: Any) -> datetime:
    try:
        return moment.astimezone(place)
    except OverflowError:
        shown = _shown(str(moment) if isinstance(value, datetime) else value)
        raise RefusedValueError(f"{shown} is outside the years 1 to 9999 in that zone") from None


def _parsed(value: Any) -> date | time:
    if isinstance(value, str) and len(value) <= _LONGEST:
        for kind in (date, datetime, time):
            try:
                found = kind.fromisoformat(value.strip())
            except ValueError:
                continue
            return _with_utc(found)
    raise RefusedValueError(
        f"{_shown(value)} is not a date or time; give it as 2026-03-03, 14:00 or "
        "2026-03-03T14:00:00+01:00"
    )


def _with_utc(found: date | time) -> date | time:
    # Python's fixed offset of zero has no name that Babel knows.
    if isinstance(found, datetime) and found.tzinfo is not None and not found.utcoffset():
        return found.replace(tzinfo=UTC)
    return found


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError, TypeError) as error:
        raise RefusedValueError(
            f"{_shown(name)} is not a time zone; give a name such as Europe/Berlin"
        ) from error


def _number(value: Any) -> Any:
    from decimal import Decimal, InvalidOperation

    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        current().value(value)
        found = Decimal(str(value)) if isinstance(value, float) else value
    elif isinstance(value, str) and len(value) <= _LONGEST:
        try:
            found = Decimal(value)
        except InvalidOperation:
            found = Decimal("NaN")
    else:
        found = Decimal("NaN")
    if not Decimal(found).is_finite() or abs(Decimal(found).adjusted()) > _LONGEST:
        raise RefusedValueError(f"{_shown(value)} is not a number; give one such as 1234.5")
    return found


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
