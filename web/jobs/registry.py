"""The list of scheduled jobs, the source of all schedulers and of the files in `deploy/`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postroom.web.jobs import cron
from postroom.web.jobs.errors import CronError, JobError
from postroom.web.jobs.status import Missed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
_jobs: dict[str, "Job"] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """One management command and its schedule.

    `schedule`: a cron expression of five fields, read in `timezone` (an IANA name). `deadline`:
    how long a run may take before it is stopped. `missed`: what to do about due times that passed
    while no scheduler ran. `arguments`: further arguments of the command line.

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

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.command):
            raise JobError(f"{self.command!r} is not the name of a command")
        if not self.summary.strip() or not self.summary.isprintable():
            raise JobError(f"{self.command}: the summary must be one line")
        if self.deadline < timedelta(seconds=1):
            raise JobError(f"{self.command}: the deadline must be at least a second")
        try:
            cron.next_run(self.schedule, ZoneInfo(self.timezone), datetime.now(UTC))
        except CronError as error:
            raise JobError(f"{self.command}: {error}") from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise JobError(f"{self.command}: {self.timezone!r} is not a time zone") from error


def register(*jobs: Job) -> None:
    """Add jobs to the list; called in an app's `jobs.py`.

    Raises:
        JobError: another job has the same command.
    """
    for job in jobs:
        if _jobs.get(job.command, job) != job:
            raise JobError(f"{job.command} is registered twice, with different schedules")
        _jobs[job.command] = job


def registered() -> list[Job]:
    """Every job, by name."""
    return [_jobs[name] for name in sorted(_jobs)]


def find(command: str) -> Job | None:
    """The job of this command, or None when it has no schedule."""
    return _jobs.get(command)
