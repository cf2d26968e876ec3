"""Writes `JobRun` rows: the start of a run, its counts, its end."""

import time
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running.lock import Lock, owner_name
from postroom.web.jobs.status import RunStatus, Trigger

_LONGEST_ERROR: Final = 2000
_PLANNED: Final = {"queued": "to queue", "changed": "to change"}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a run begins.

    `run_id`: the id of the row that `run_jobs` wrote for it, if any. `retries`: how often the same
    process has tried before. `deadline`: the time that the scheduler gives, counted from
    `process_began` (seconds of the monotonic clock) or earlier; None for a person's start.
    """

    trigger: Trigger = Trigger.COMMAND_LINE
    due: datetime | None = None
    requested_by: str = ""
    run_id: int | None = None
    retries: int = 0
    deadline: timedelta | None = None
    process_began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Counts:
    """What a run did, in numbers of items."""

    found: int = 0
    queued: int = 0
    already_sent: int = 0
    skipped: int = 0
    changed: int = 0
    failed: int = 0

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in (f.name for f in fields(self)):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def __str__(self) -> str:
        return self.in_words()

    def in_words(self, *, planned: bool = False) -> str:
        """`found 3, queued 3, failed 0`; with `planned`, for a dry run, `to queue 3`."""
        always = ("found", "queued", "failed")
        names = _PLANNED if planned else {}
        numbers = {name: n for name, n in asdict(self).items() if n or name in always}
        return ", ".join(
            f"{names.get(name, name.replace('_', ' '))} {n}" for name, n in numbers.items()
        )


def begin(lock: Lock, command: str, cause: Cause) -> JobRun | None:
    """Write the row of the run that begins.

    None: another process has already begun this run of `run_jobs`, or the run was given up.
    """
    if cause.run_id is not None:
        if run := _begin_due(lock, cause.run_id):
            return run
        if not cause.retries:
            return None
    return JobRun.objects.create(
        command=command,
        trigger=cause.trigger.value,
        requested_by=cause.requested_by[:150],
        scheduled_for=cause.due,
        starts=int(cause.run_id is not None),
        retries=_earlier(cause) + cause.retries,
        host=lock.owner,
        lock_token=lock.token,
    )


def _begin_due(lock: Lock, run_id: int) -> JobRun | None:
    begun = JobRun.objects.filter(pk=run_id, status=RunStatus.DUE.value).update(
        status=RunStatus.RUNNING.value,
        host=lock.owner,
        lock_token=lock.token,
        begin_by=None,
        started_at=Now(),
    )
    return JobRun.objects.get(pk=run_id) if begun else None


def _earlier(cause: Cause) -> int:
    """How many processes died before the row that `run_jobs` wrote, if it wrote one."""
    if cause.run_id is None:
        return 0
    return JobRun.objects.filter(pk=cause.run_id).values_list("retries", flat=True).first() or 0


def refuse(cause: Cause, reason: str) -> None:
    """Close the row that `run_jobs` wrote: another process is running the job."""
    if cause.run_id is not None:
        close_due(JobRun.objects.filter(pk=cause.run_id), RunStatus.REFUSED, reason)


def end_unbegun(command: str, cause: Cause, status: RunStatus, reason: str) -> bool:
    """Record a run that ended before it took the job's lock.

    It was omitted, as the job does not run on its day, or it failed, as that cannot be known.
    False, and nothing is recorded: another process has already begun this run of `run_jobs`.
    """
    if cause.run_id is not None:
        due = JobRun.objects.filter(pk=cause.run_id)
        if close_due(due, status, reason, host=owner_name(), started_at=Now()):
            return True
        if not cause.retries:
            return False
    JobRun.objects.create(
        command=command,
        status=status.value,
        trigger=cause.trigger.value,
        scheduled_for=cause.due,
        starts=int(cause.run_id is not None),
        retries=_earlier(cause) + cause.retries,
        host=owner_name(),
        finished_at=Now(),
        error=reason[:_LONGEST_ERROR],
    )
    return True


def close_due(runs: QuerySet[JobRun], status: RunStatus, reason: str, **more: Any) -> int:
    """End those of `runs` that have not begun; returns how many. `more`: other fields to set."""
    return runs.filter(status=RunStatus.DUE.value).update(
        status=status.value,
        begin_by=None,
        finished_at=Now(),
        error=reason[:_LONGEST_ERROR],
        **more,
    )


def record(run: JobRun, counts: Counts) -> None:
    """Add `counts` to those of the run, in the caller's transaction."""
    added = {name: F(name) + n for name, n in asdict(counts).items() if n}
    if added:
        JobRun.objects.filter(pk=run.pk).update(**added)


def finish(
    run: JobRun,
    status: RunStatus,
    *,
    error: str = "",
    over_deadline: bool = False,
    refusals: int = 0,
) -> None:
    """Write the end of a run, even if another owner has declared it lost in the meantime."""
    JobRun.objects.filter(
        pk=run.pk, status__in=[RunStatus.RUNNING.value, RunStatus.LOST.value]
    ).update(
        status=status.value,
        finished_at=Now(),
        error=error[:_LONGEST_ERROR],
        over_deadline=over_deadline,
        refusals=F("refusals") + refusals,
    )


def old(age: timedelta) -> QuerySet[JobRun]:
    """Runs that ended longer ago, for `cleanup_emails`."""
    return JobRun.objects.filter(finished_at__lt=Now() - age)
