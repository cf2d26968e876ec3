"""When a report schedule is due: `next_run`, a pure function of a rule and a time."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from postroom.web.jobs.errors import CronError
from postroom.web.jobs.timing import cron

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
# A due day moved away from a weekend is at most two days after the day the rule names; a day that a
# time zone skipped (Samoa, 30 December 2011) is due one more day later.
_LATEST_MOVE: Final = timedelta(days=4)
_WEEKENDS_TRIED: Final = 520


class Frequency(StrEnum):
    """How often a schedule is due."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CRON = "cron"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The rule of one schedule.

    `at`: local time in `zone`. `weekday`: 1 (Monday) to 7, for weekly. `day`: 1 to 31, for monthly;
    in a shorter month, its last day. `expression`: five cron fields, for cron, which include the
    time. `business_days_only`: never on Saturday and Sunday: daily and cron skip these days, weekly
    and monthly move to the next Monday.
    """

    frequency: Frequency
    at: time
    zone: ZoneInfo
    weekday: int = 1
    day: int = 1
    expression: str = ""
    business_days_only: bool = False


def next_run(rule: Recurrence, after: datetime) -> datetime:
    """The first due time later than `after` (both aware; the result in UTC).

    A local time that does not exist, because clocks go forward, is due right after the change; one
    that occurs twice is due once, at its first occurrence.

    Raises:
        CronError: not a cron expression, or never due.
    """
    if rule.frequency is Frequency.CRON:
        return _next_by_cron(rule, after)
    start = after.astimezone(rule.zone).date() - _LATEST_MOVE
    return next(due for day in _days(rule, start) if (due := moment(day, rule)) > after)


def last_run(rule: Recurrence, due: datetime, now: datetime) -> datetime:
    """The last due time up to `now`, where `due` is one (aware; the result in UTC).

    Raises:
        CronError: not a cron expression, or never due again.
    """
    found, back = due, _HOUR
    # From `now` backwards, so that a long absence of a frequent schedule costs few steps.
    while now - back > due:
        if (later := next_run(rule, now - back)) <= now:
            found = later
            break
        back *= 2
    while (later := next_run(rule, found)) <= now:
        found = later
    return found


def moment(day: date, rule: Recurrence) -> datetime:
    """The rule's local time on `day`, in UTC; its first occurrence."""
    local = datetime.combine(day, rule.at, rule.zone)
    due = local.astimezone(UTC)
    if due.astimezone(rule.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return due
    # For a time in a gap, fold=1 is before the change and fold=0 after it.
    return _change_between(local.replace(fold=1).astimezone(UTC), due, rule.zone)


def _change_between(before: datetime, behind: datetime, zone: ZoneInfo) -> datetime:
    """The second in which `zone` changed its offset, by binary search."""
    old = before.astimezone(zone).utcoffset()
    while behind - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(behind - before) // timedelta(seconds=1) // 2)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            behind = middle
    return behind


def _days(rule: Recurrence, start: date) -> Iterator[date]:
    """The days on which the rule is due, from those it names on or after `start`, in order."""
    for named in _named_days(rule, start):
        if not (rule.business_days_only and named.isoweekday() > 5):
            yield named
        elif rule.frequency is not Frequency.DAILY:
            yield named + (8 - named.isoweekday()) * _DAY


def _named_days(rule: Recurrence, start: date) -> Iterator[date]:
    match rule.frequency:
        case Frequency.MONTHLY:
            year, month = start.year, start.month
            while True:
                yield date(year, month, min(rule.day, monthrange(year, month)[1]))
                year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        case Frequency.WEEKLY:
            first, step = start + ((rule.weekday - start.isoweekday()) % 7) * _DAY, 7 * _DAY
        case _:
            first, step = start, _DAY
    while True:
        yield first
        first += step


def _next_by_cron(rule: Recurrence, after: datetime) -> datetime:
    for _ in range(_WEEKENDS_TRIED):
        due = cron.next_run(rule.expression, rule.zone, after)
        local = due.astimezone(rule.zone)
        if not rule.business_days_only or local.isoweekday() <= 5:
            return due
        monday = local.date() + (8 - local.isoweekday()) * _DAY
        midnight = datetime.combine(monday, time(), rule.zone).astimezone(UTC)
        after = max(due, midnight - timedelta(seconds=1))
    raise CronError(f"{rule.expression!r} is never due on a business day")
