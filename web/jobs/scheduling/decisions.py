"""Decisions of operators about jobs in the admin; each is logged with the user's name."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models.functions import Now

from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.scheduling import due
from postroom.web.jobs.timing import cron
from postroom.web.people import account_of


def request_run(job_id: int, user: User) -> bool:
    """Request a run now. False: already requested, or the code no longer has the job."""
    with transaction.atomic():
        requested = ScheduledJob.objects.filter(
            pk=job_id, registered=True, requested_at__isnull=True
        ).update(requested_at=Now(), requested_by=account_of(user))
        if requested:
            _record(ScheduledJob.objects.filter(pk=job_id), user, "Requested a run now.")
    return bool(requested)


def enable(job_id: int, user: User) -> bool:
    """Enable a job, next due counted from now. False: it was not disabled."""
    with transaction.atomic():
        jobs = ScheduledJob.objects.select_for_update().filter(pk=job_id, enabled=False)
        if (job := jobs.first()) is None:
            return False
        job.enabled = True
        # Due times that passed while it was disabled do not count as missed.
        job.next_run_at = cron.next_run(job.schedule, job.zone, due.database_now())
        job.save(update_fields=["enabled", "next_run_at"])
        _record(ScheduledJob.objects.filter(pk=job_id), user, "Enabled.")
    return True


def disable(job_id: int, user: User) -> bool:
    """Disable a job: it is never due. False: it was not enabled."""
    with transaction.atomic():
        changed = ScheduledJob.objects.filter(pk=job_id, enabled=True).update(enabled=False)
        if changed:
            _record(ScheduledJob.objects.filter(pk=job_id), user, "Disabled.")
    return bool(changed)


def release(lock_id: int, token: str, user: User) -> bool:
    """Release a lock; its owner can commit nothing more. False: it has another owner now, or none.

    `token`: the token of the lock that the user's page showed.
    """
    with transaction.atomic():
        lock = TaskLock.objects.select_for_update().filter(pk=lock_id).first()
        if lock is None or str(lock.token) != token:
            return False
        # Else the counter of refusals in /metrics would go down.
        runs = JobRun.objects.filter(lock_token=lock.token)
        runs.update(refusals=models.F("refusals") + lock.refusals)
        _record([lock], user, f"Released; it was held by {lock.owner}.", DELETION)
        lock.delete()
    return True


def _record(rows: Iterable[models.Model], user: User, message: str, flag: int = CHANGE) -> None:
    LogEntry.objects.log_actions(user.pk, rows, flag, change_message=message)
