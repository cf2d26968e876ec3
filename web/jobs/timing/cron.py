"""When a cron expression is due, in its own time zone: pure functions of their arguments."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from postroom.web.jobs.errors import CronError

_ONE_VALUE: Final = re.compile(r"\b(\w+)-\1/\d+")


def next_run(expression: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first due time later than `after` (both aware; the result in UTC).

    When clocks go forward, a local time that does not exist is due right after the change; when
    they go back, a local time that occurs twice is due once, at its first occurrence. Expressions
    with a `*` for minute or hour follow real time instead, as in Debian's cron: every hour stays
    every hour.

    Raises:
        CronError: not a cron expression, or never due (30 February).
    """
    return upcoming(expression, zone, after, 1)[0]


def latest(expression: str, zone: ZoneInfo, until: datetime) -> datetime:
    """The last due time that is not later than `until` (both aware; the result in UTC).

    Raises:
        CronError: as for `next_run`.
    """
    try:
        earlier = list(
            islice(CronSim(_as_cron_reads(expression), until.astimezone(zone), reverse=True), 2)
        )
    except CronSimError as error:
        raise CronError(f"{expression!r} is not a cron expression: {error}") from error
    if not earlier:
        raise CronError(f"{expression!r} is never due")
    # Backwards, cronsim is an hour off on days with a clock change: use it only as a start.
    found, later = until, earlier[-1].astimezone(UTC) - timedelta(hours=2)
    while (later := next_run(expression, zone, later)) <= until:
        found = later
    return found.astimezone(UTC)


def upcoming(expression: str, zone: ZoneInfo, after: datetime, count: int) -> list[datetime]:
    """The next `count` due times.

    Raises:
        CronError: as for `next_run`.
    """
    if len(expression.split()) != 5:
        raise CronError(f"{expression!r} does not have the five fields of a cron expression")
    try:
        moments = CronSim(_as_cron_reads(expression), after.astimezone(zone))
        # Started in the second of two equal hours, cronsim begins with the first.
        found = list(islice((m for m in moments if m.astimezone(UTC) > after), count))
    except CronSimError as error:
        raise CronError(f"{expression!r} is not a cron expression: {error}") from error
    if len(found) < count:
        raise CronError(f"{expression!r} is never due")
    return [moment.astimezone(UTC) for moment in found]


def _as_cron_reads(expression: str) -> str:
    """The expression for cronsim: it takes `5-5/10` for `5/10`, which cron takes for `5`."""
    return _ONE_VALUE.sub(r"\1", expression)


def explain(expression: str) -> str:
    """The expression in plain words; the expression itself if it cannot be put into words."""
    try:
        return CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC)).explain()
    except CronSimError:
        return expression
