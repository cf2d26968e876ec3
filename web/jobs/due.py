"""The table of scheduled jobs: filled from the registry, and what is due taken from it, once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from web.jobs import cron
from web.jobs.logs import log
from web.jobs.models import ScheduledJob
from web.jobs.registry import Job
from web.jobs.status import Missed

# Later than this a due time counts as missed: longer than a scheduler takes to start again.
MISSED_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Launch:
    """A run to begin now: for the due time `due`, or because the user `requested_by` asked."""

    command: str
    arguments: tuple[str, ...]
    deadline: timedelta
    due: datetime | None = None
    requested_by: str = ""


def database_now() -> datetime:
    """The clock by which schedulers on several hosts agree what is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def seed(jobs: Iterable[Job], now: datetime) -> None:
    """Make the table follow the registry: add new jobs, change changed ones, mark vanished ones.

    A job whose schedule changed is next due by the new one, counted from `now`.
    """
    wanted = {job.command: _fields(job) for job in jobs}
    known = {row.command: row for row in ScheduledJob.objects.all()}
    ScheduledJob.objects.bulk_create(
        [
            ScheduledJob(command=name, next_run_at=_next(fields, now), **fields)
            for name, fields in wanted.items()
            if name not in known
        ],
        ignore_conflicts=True,  # another scheduler starts at this moment
    )
    for name in wanted.keys() & known.keys():
        changed = {f: v for f, v in wanted[name].items() if getattr(known[name], f) != v}
        if not known[name].registered or {"schedule", "timezone"} & changed.keys():
            changed |= {"registered": True, "next_run_at": _next(wanted[name], now)}
        if changed:
            ScheduledJob.objects.filter(command=name).update(**changed)
    ScheduledJob.objects.filter(registered=True).exclude(command__in=wanted).update(
        registered=False
    )


def claim(now: datetime) -> list[Launch]:
    """Take one row that is due at `now`, or asked for, and move its next time on; what to start.

    Other schedulers skip the row while we have it and find it changed afterwards, so each due time
    is one scheduler's. The time moves on before the run begins: a job that fails, or that kills
    its scheduler, does not come up again and again. An empty list: nothing is due.
    """
    due = Q(enabled=True, next_run_at__lte=now)
    with transaction.atomic():
        rows = ScheduledJob.objects.select_for_update(skip_locked=True)
        row = (
            rows.filter(due | Q(requested_at__isnull=False), registered=True)
            .order_by("next_run_at")
            .first()
        )
        if row is None:
            return []
        starts = _starts(row, now)
        row.save(update_fields=["next_run_at", "last_due_at", "requested_at", "requested_by"])
    return starts


def _starts(row: ScheduledJob, now: datetime) -> list[Launch]:
    what = (row.command, tuple(row.arguments), row.deadline)
    starts = []
    if row.requested_at is not None:
        starts.append(Launch(*what, requested_by=row.requested_by))
        row.requested_at, row.requested_by = None, ""
    if row.enabled and row.next_run_at is not None and row.next_run_at <= now:
        due = row.last_due_at = row.next_run_at
        try:
            row.next_run_at = _next({"schedule": row.schedule, "timezone": row.timezone}, now)
        except (ValueError, KeyError) as error:
            # Another version's row, or a zone this host does not know: it must stop no other job.
            row.next_run_at = None
            log.error("schedule_unusable", job=row.command, error=str(error))
        if row.missed == Missed.SKIP and now - due > MISSED_AFTER:
            log.warning("missed_run_skipped", job=row.command, due=due.isoformat())
        else:
            starts.append(Launch(*what, due=due))
    return starts


def _fields(job: Job) -> dict[str, Any]:
    return {
        "summary": job.summary,
        "schedule": job.schedule,
        "timezone": job.timezone,
        "deadline": job.deadline,
        "missed": job.missed.value,
        "arguments": list(job.arguments),
    }


def _next(fields: dict[str, Any], now: datetime) -> datetime:
    return cron.next_run(fields["schedule"], ZoneInfo(fields["timezone"]), now)
