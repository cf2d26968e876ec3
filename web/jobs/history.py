"""Writes `JobRun` rows: the beginning of a run, its counts, its end."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from web.jobs.lock import Lock
from web.jobs.models import JobRun
from web.jobs.status import RunStatus, Trigger

# Owners that died leave a lock that ran out and a run that says `running`. Locks another process
# is clearing at this moment are skipped: nobody waits, so nobody can wait in a circle.
_CLEAR_DEAD: Final = """
WITH dead AS (
  DELETE FROM task_lock WHERE id IN (
    SELECT id FROM task_lock WHERE expires_at <= clock_timestamp() AND token <> %(token)s
    FOR UPDATE SKIP LOCKED)
  RETURNING token, refusals)
UPDATE job_run SET status = 'lost', finished_at = clock_timestamp(),
  error = 'Its lock ran out or was taken by force before it ended',
  refusals = job_run.refusals
    + COALESCE((SELECT dead.refusals FROM dead WHERE dead.token = lock_token), 0)
WHERE status = 'running' AND lock_token <> %(token)s
  AND (command = %(command)s OR lock_token IN (SELECT token FROM dead))"""


@dataclass(slots=True)
class Counts:
    """What a run did, by number."""

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
        always = ("found", "queued", "failed")
        numbers = {name: n for name, n in asdict(self).items() if n or name in always}
        return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in numbers.items())


def begin(
    lock: Lock, command: str, *, trigger: Trigger, requested_by: str, due: datetime | None
) -> JobRun:
    """Close what dead owners left open, then write the row of the run that begins."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR_DEAD, {"token": lock.token, "command": command})
    return JobRun.objects.create(
        command=command,
        trigger=trigger.value,
        requested_by=requested_by[:150],
        scheduled_for=due,
        host=lock.owner,
        lock_token=lock.token,
    )


def record(run: JobRun, counts: Counts) -> None:
    """Add to the counts, in the caller's transaction."""
    added = {name: F(name) + n for name, n in asdict(counts).items() if n}
    if added:
        JobRun.objects.filter(pk=run.pk).update(**added)


def finish(run: JobRun, status: RunStatus, *, error: str = "", refusals: int = 0) -> None:
    """Write the end of a run, also of one that another owner has declared lost meanwhile."""
    JobRun.objects.filter(
        pk=run.pk, status__in=[RunStatus.RUNNING.value, RunStatus.LOST.value]
    ).update(
        status=status.value,
        finished_at=Now(),
        error=error[:2000],
        refusals=F("refusals") + refusals,
    )
