"""Fills the table of scheduled jobs from the registry; reads the database's clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.registry import Job
from postroom.web.jobs.timing import cron


def database_now() -> datetime:
    """The database's time, so that schedulers on several hosts agree on what is due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def seed(jobs: Iterable[Job], now: datetime) -> None:
    """Make the table match the registry: add new jobs, update changed ones, mark removed ones.

    A job whose schedule changed is next due by the new schedule, counted from `now`.
    """
    wanted = {job.command: _fields(job) for job in jobs}
    known = {row.command: row for row in ScheduledJob.objects.all()}
    ScheduledJob.objects.bulk_create(
        [
            ScheduledJob(command=name, next_run_at=_next(fields, now), **fields)
            for name, fields in wanted.items()
            if name not in known
        ],
        ignore_conflicts=True,  # another scheduler may start at the same moment
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
