"""Whether a run that a schedule starts takes place on its day."""

from collections.abc import Collection
from datetime import date

from django.db import DatabaseError, InterfaceError, connection

from postroom.web.jobs.errors import SkipDaysError
from postroom.web.jobs.job import Job
from postroom.web.jobs.logs import log
from postroom.web.jobs.running import failures, history
from postroom.web.jobs.running.history import Cause, Counts
from postroom.web.jobs.running.run_result import RunResult
from postroom.web.jobs.status import RunStatus, Trigger
from postroom.web.jobs.timing import skip_days


def why_not(job: Job | None, cause: Cause, day: date, *, only: Collection[int] | None) -> str:
    """Why the run does not take place; '' if it does. `only`: its days of the month.

    Raises:
        SkipDaysError: the job's calendar cannot be used.
        Exception: whatever the job's function raises.
    """
    if cause.trigger is not Trigger.SCHEDULE:
        return ""
    if only is not None and day.day not in only:
        return f"{day} is not a day of its schedule"
    skipped = job is not None and skip_days.skips(job.skip_days, day)
    return f"{day} is a day to skip" if skipped else ""


def unknown(task_name: str, cause: Cause, error: Exception, *, dry_run: bool) -> RunResult:
    """Record that the run failed because `why_not` raised `error`; returns how it ended.

    A run that failed, not one that never began: the history, the alert and the channels say why.
    """
    text = failures.reason(error)
    if isinstance(error, SkipDaysError):
        log.error("skip_days_unusable", task=task_name, error=text)
    else:
        log.error("skip_days_unusable", task=task_name, exc_info=error)
        text = f"{type(error).__name__}: {text}"
    text = f"skip_days: {text}"
    if isinstance(error, DatabaseError | InterfaceError) and not connection.in_atomic_block:
        connection.close()  # the function's statement may have failed for a broken connection
    if not dry_run and not history.end_unbegun(task_name, cause, RunStatus.FAILED, text):
        taken = "Another process has already begun this run"
        return RunResult(RunStatus.REFUSED, Counts(), 0.0, taken)
    may_pass = failures.may_pass(error)
    return RunResult(RunStatus.FAILED, Counts(), 0.0, text, dry_run, may_pass=may_pass)
