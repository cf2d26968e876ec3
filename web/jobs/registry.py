"""The list of scheduled jobs, the source of all schedulers and of the files in `deploy/`."""

import sys
from typing import Final

from postroom.web.conf import conf
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job as Job
from postroom.web.jobs.timing import times

_SHIPPED: Final = "postroom."
_jobs: dict[str, Job] = {}  # as the code declares them
_shipped: set[str] = set()  # commands declared by Postroom itself


def register(*jobs: Job) -> None:
    """Add jobs to the list; called in an app's `jobs.py`.

    A job that a site registers replaces the one that Postroom ships for the same command,
    whichever is registered first.

    Raises:
        JobError: a site registers one command twice, with different values.
    """
    is_ours = str(sys._getframe(1).f_globals.get("__name__", "")).startswith(_SHIPPED)
    for job in jobs:
        known = _jobs.get(job.command)
        if is_ours and known is not None and job.command not in _shipped:
            continue  # the site has its own
        if known not in (None, job) and (is_ours or job.command not in _shipped):
            raise JobError(f"{job.command} is registered twice, with different schedules")
        _jobs[job.command] = job
        if is_ours:
            _shipped.add(job.command)
        else:
            _shipped.discard(job.command)


def registered() -> list[Job]:
    """Every job, by name, with the times of JOB_TIMES.

    Raises:
        SettingsError: JOB_TIMES makes no sense.
    """
    changed = times.parse(conf.job_times)
    return [_timed(_jobs[name], changed) for name in sorted(_jobs)]


def find(command: str) -> Job | None:
    """The job of this command, with its time of JOB_TIMES; None when it has no schedule.

    Raises:
        SettingsError: JOB_TIMES makes no sense.
    """
    job = _jobs.get(command)
    return None if job is None else _timed(job, times.parse(conf.job_times))


def _timed(job: Job, changed: dict[str, times.JobTime]) -> Job:
    time = changed.get(job.command)
    return job if time is None else job.at(time.schedule, time.timezone or job.timezone)
