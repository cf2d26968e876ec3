"""The whole days of an iCalendar file (`.ics`, RFC 5545), once or each year."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from postroom.web.jobs.errors import SkipDaysError

# A parameter's value may be quoted, and then hold a colon.
_LINE: Final = re.compile(r'([\w-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)')
_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DURATION: Final = re.compile(r"\+?P(\d{1,4})([DW])", re.I)
_YEARLY: Final = re.compile(r"FREQ=YEARLY(?:;INTERVAL=1)?", re.I)
# What makes an event other days than DTSTART and its length say.
_CHANGES: Final = ("RDATE", "EXDATE", "RECURRENCE-ID")
_DAYS_OF_YEAR: Final = 366
_SHOWN: Final = 80  # characters


class Span(NamedTuple):
    """Days in a row; with `yearly` again each year, from the first of them on."""

    first: date
    days: int = 1
    yearly: bool = False

    def covers(self, day: date) -> bool:
        """Whether it has this day."""
        if not self.yearly:
            return 0 <= (day - self.first).days < self.days
        # It may have begun last year, as from Christmas to New Year's Day.
        begins = (_in_year(self.first, year) for year in (day.year, day.year - 1))
        return any(
            self.first <= begin and 0 <= (day - begin).days < self.days for begin in begins if begin
        )


class _Line(NamedTuple):
    name: str  # in capitals: names count in either case (RFC 5545, 2)
    value: str
    text: str


def is_calendar(text: str) -> bool:
    """Whether it is an iCalendar file, and not some other text."""
    return text.lstrip().upper().startswith("BEGIN:VCALENDAR")


def spans(text: str) -> list[Span]:
    """The days of its events; an event that is cancelled has none.

    Raises:
        SkipDaysError: an event is not whole days, once or each year, or the text ends within one.
    """
    return [_span(event) for event in _events(text) if not _is_cancelled(event)]


def _events(text: str) -> Iterator[list[_Line]]:
    """The lines of each event, without those of what is inside it, such as an alarm."""
    inside: list[str] = []
    event: list[_Line] = []
    for line in _lines(text):
        if line.name == "BEGIN":
            inside.append(line.value.upper())
            if inside[-1] == "VEVENT":
                event = []
        elif line.name == "END":
            if line.value.upper() not in inside[-1:]:
                raise SkipDaysError(f"{line.text[:_SHOWN]!r} ends nothing")
            if inside.pop() == "VEVENT":
                yield event
        elif inside[-1:] == ["VEVENT"]:
            event.append(line)
    if inside:
        raise SkipDaysError(f"END:{inside[-1]} is missing")


def _lines(text: str) -> Iterator[_Line]:
    # 3.1: a line that begins with a blank belongs to the one before it.
    for line in re.sub(r"\r?\n[ \t]", "", text).split("\n"):
        if found := _LINE.fullmatch(line.strip()):
            yield _Line(found[1].upper(), found[3].strip(), line.strip())


def _is_cancelled(event: list[_Line]) -> bool:
    # Not one day of an event each year: that would have to be taken out of it.
    names = {line.name for line in event}
    states = [line.value.upper() for line in event if line.name == "STATUS"]
    return states == ["CANCELLED"] and "RECURRENCE-ID" not in names


def _span(event: list[_Line]) -> Span:
    given = {line.name: line.value for line in reversed(event)}
    rules = [line.value for line in event if line.name == "RRULE"]
    yearly = [rule for rule in rules if _YEARLY.fullmatch(rule)]
    first = _day(given.get("DTSTART", ""))
    if first is None or len(rules) > 1 or rules != yearly or given.keys() & set(_CHANGES):
        text = " ".join(line.text for line in event)
        raise SkipDaysError(
            f"only whole days, once or each year, can be skipped: {text[:_SHOWN]!r}"
        )
    days = _length(first, given)
    if yearly and days > _DAYS_OF_YEAR:
        raise SkipDaysError(f"{days} days each year, from {first}")
    return Span(first, days, bool(yearly))


def _length(first: date, given: dict[str, str]) -> int:
    """How many days an event has (3.6.1): one, if it does not say."""
    if text := given.get("DTEND"):
        after = _day(text)  # the day after the last one
        if after is None or after < first or "DURATION" in given:
            raise SkipDaysError(f"DTEND:{text[:_SHOWN]} is not a day after {first}, or not alone")
        return max(1, (after - first).days)
    if text := given.get("DURATION"):
        found = _DURATION.fullmatch(text)
        if found is None:
            raise SkipDaysError(f"DURATION:{text[:_SHOWN]} is not like P3D or P1W")
        return max(1, int(found[1]) * (7 if found[2] in "Ww" else 1))
    return 1


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _in_year(day: date, year: int) -> date | None:
    try:
        return day.replace(year=year)
    except ValueError:
        return None  # 29 February
