"""Days on which a job does not run: a calendar file, or a function.

A calendar is an iCalendar file (`.ics`, RFC 5545) with whole days, once or each year, or a text
with one day a line: `2026-12-25 Christmas`, `12-25` for each year, `#` begins a comment. It is read
at every run, so it can be replaced while the site runs.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from postroom.web.jobs.errors import SkipDaysError

SkipDays = str | Path | Callable[[date], bool] | None

_LEAP_YEAR: Final = 2000  # to check a day and month that may be 29 February
_DAY: Final = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})(?:\s.*)?")
_STARTS: Final = re.compile(r"DTSTART(?:;[^:]*)?:(\d{4})(\d{2})(\d{2})(T.*)?")
_ENDS: Final = re.compile(r"DTEND(?:;[^:]*)?:(\d{4})(\d{2})(\d{2})(T.*)?")
_YEARLY: Final = re.compile(r"RRULE:FREQ=YEARLY(?:;INTERVAL=1)?")
_MOST_DAYS: Final = 366


def check(days: SkipDays) -> None:
    """Make sure that `skips` can use `days`; a function is not called.

    Raises:
        SkipDaysError: a calendar that cannot be used.
    """
    if not (days is None or callable(days)):
        list(_read(Path(days)))


def skips(days: SkipDays, day: date) -> bool:
    """Whether a job with these `skip_days` does not run on `day`.

    Raises:
        SkipDaysError: the calendar cannot be used.
        Exception: whatever a function raises.
    """
    if days is None:
        return False
    if callable(days):
        return bool(days(day))
    found = list(_read(Path(days)))  # all of it: what is wrong with it must not show on some days
    return any(
        (month, number) == (day.month, day.day) and year in (0, day.year)
        for year, month, number in found
    )


def _read(path: Path) -> Iterator[tuple[int, int, int]]:
    """Year (0: each year), month and day."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # not there, no UTF-8, not a path
        raise SkipDaysError(f"{path} cannot be read: {error}") from error
    # RFC 5545 3.1: a line that begins with a blank belongs to the one before it.
    is_calendar = text.lstrip().upper().startswith("BEGIN:VCALENDAR")
    return _calendar(path, re.sub(r"\r?\n[ \t]", "", text)) if is_calendar else _lines(path, text)


def _lines(path: Path, text: str) -> Iterator[tuple[int, int, int]]:
    for line in text.splitlines():
        words = line.partition("#")[0].strip()
        if not words:
            continue
        found = _DAY.fullmatch(words)
        year, month, day = map(int, found.groups("0")) if found else (0, 0, 0)
        try:
            date(year or _LEAP_YEAR, month, day)
        except ValueError:
            raise SkipDaysError(f"{path}: {words[:80]!r} is not like 2026-12-25 or 12-25") from None
        yield year, month, day


def _calendar(path: Path, text: str) -> Iterator[tuple[int, int, int]]:
    for event in re.findall(r"BEGIN:VEVENT\r?\n(.*?)END:VEVENT", text, re.S):
        lines = event.splitlines()
        start, end = _only(_STARTS, lines), _only(_ENDS, lines)
        rules = [line for line in lines if line.startswith(("RRULE", "RDATE", "EXDATE"))]
        yearly = [line for line in rules if _YEARLY.fullmatch(line)]
        if start is None or start[4] or (end and end[4]) or rules != yearly:
            raise SkipDaysError(
                f"{path}: only whole days, once or each year, can be skipped: "
                f"{' '.join(lines)[:80]!r}"
            )
        first = date(int(start[1]), int(start[2]), int(start[3]))
        # DTEND is the day after the last one (RFC 5545 3.6.1).
        after = date(int(end[1]), int(end[2]), int(end[3])) if end else first + timedelta(days=1)
        for number in range(min((after - first).days, _MOST_DAYS)):
            day = first + timedelta(days=number)
            yield 0 if yearly else day.year, day.month, day.day


def _only(pattern: re.Pattern[str], lines: list[str]) -> re.Match[str] | None:
    return next((found for line in lines if (found := pattern.fullmatch(line))), None)
