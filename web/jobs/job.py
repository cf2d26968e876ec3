"""`Job`: one management command and its schedule."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postroom.web.jobs.errors import CronError, JobError
from postroom.web.jobs.status import Missed
from postroom.web.jobs.timing import cron
from postroom.web.jobs.timing.skip_days import SkipDays

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,50}")


@dataclass(frozen=True, slots=True)
class Job:
    """One management command and its schedule.

    `schedule`: a cron expression of five fields, read in `timezone` (an IANA name). `deadline`:
    how long a run may take before it is stopped. `missed`: what to do about due times that passed
    while no scheduler ran. `arguments`: further arguments of the command line. `skip_days`: the
    days on which a schedule does not run it: the path of a calendar (see `skip_days.py`), or a
    function that takes a date and returns whether to skip it. `memory` (MiB) and `cpu`
    (thousandths of a core): what it requests from Kubernetes.

    Raises:
        JobError: a value that no scheduler can use.
    """

    command: str
    schedule: str
    deadline: timedelta
    summary: str
    timezone: str = "UTC"
    missed: Missed = Missed.RUN_ONCE
    arguments: tuple[str, ...] = ()
    skip_days: SkipDays = None
    memory: int = 64
    cpu: int = 50

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.command):
            raise JobError(f"{self.command!r} is not the name of a command")
        if not self.summary.strip() or not self.summary.isprintable():
            raise JobError(f"{self.command}: the summary must be one line")
        if self.deadline < timedelta(seconds=1):
            raise JobError(f"{self.command}: the deadline must be at least a second")
        if self.memory < 1 or self.cpu < 1:
            raise JobError(f"{self.command}: memory and cpu must be greater than 0")
        try:
            cron.next_run(self.schedule, ZoneInfo(self.timezone), datetime.now(UTC))
        except CronError as error:
            raise JobError(f"{self.command}: {error}") from error
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise JobError(f"{self.command}: {self.timezone!r} is not a time zone") from error
        # Every process of the site comes by here: only a run of the job may need the file itself.
        days = self.skip_days
        if not (days is None or isinstance(days, str | Path) or callable(days)):
            raise JobError(f"{self.command}: skip_days: neither a path nor a function: {days!r}")

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    def at(self, schedule: str, timezone: str) -> "Job":
        """The same job at another time."""
        return replace(self, schedule=schedule, timezone=timezone)
