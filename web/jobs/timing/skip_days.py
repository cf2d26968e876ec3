"""Days on which a job does not run: a calendar file, or a function.

A calendar is an iCalendar file with whole days, once or each year (`icalendar.py`), or a text with
one day a line: `2026-12-25 Christmas`, `12-25` for each year, `#` begins a comment. It is read at
every run, so it can be replaced while the site runs.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from postroom.web.jobs.errors import SkipDaysError
from postroom.web.jobs.timing import icalendar
from postroom.web.jobs.timing.icalendar import Span

SkipDays = str | Path | Callable[[date], bool] | None

_LEAP_YEAR: Final = 2000  # a day and month without a year may be 29 February
_DAY: Final = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})(?:\s.*)?")


def check(days: SkipDays) -> None:
    """Make sure that `skips` can use `days`; a function is not called.

    Raises:
        SkipDaysError: a calendar that cannot be used.
    """
    if not (days is None or callable(days)):
        _read(Path(days))


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
    return any(span.covers(day) for span in _read(Path(days)))


def _read(path: Path) -> list[Span]:
    """All of it: what is wrong with a calendar must not show on some days only."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # not there, no UTF-8, not a path
        raise SkipDaysError(f"{path} cannot be read: {error}") from error
    try:
        return icalendar.spans(text) if icalendar.is_calendar(text) else list(_lines(text))
    except SkipDaysError as error:
        raise SkipDaysError(f"{path}: {error}") from error


def _lines(text: str) -> Iterator[Span]:
    for line in text.splitlines():
        words = line.partition("#")[0].strip()
        if not words:
            continue
        found = _DAY.fullmatch(words)
        year, month, day = map(int, found.groups("0")) if found else (0, 0, 0)
        try:
            yield Span(date(year or _LEAP_YEAR, month, day), yearly=not year)
        except ValueError:
            raise SkipDaysError(f"{words[:80]!r} is not like 2026-12-25 or 12-25") from None
