"""The queries of pages and metrics about jobs; read-only."""

from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from postroom.web.jobs.models import JobRun, ScheduledJob


def jobs_for_list() -> QuerySet[ScheduledJob]:
    """Jobs, each with `last_status` and `last_started` of its newest run."""
    runs = JobRun.objects.filter(command=OuterRef("command")).order_by("-started_at")
    return ScheduledJob.objects.annotate(
        last_status=Subquery(runs.values("status")[:1]),
        last_started=Subquery(runs.values("started_at")[:1]),
    )


def history(command: str, count: int = 20) -> list[JobRun]:
    """The newest runs of a command."""
    return list(JobRun.objects.filter(command=command).order_by("-started_at")[:count])


# One statement, so that nothing is counted twice, or not at all, while a run is being deleted, or
# adds the refusals of its lock to its row. What a lock that is held has refused has no status.
_TOTALS: Final = """
SELECT command, status, sum(runs)::bigint, sum(seconds)::float, sum(emails)::bigint,
  sum(refusals)::bigint, max(last_finished_at)
FROM (
  SELECT command, status, count(*) AS runs,
    COALESCE(sum(extract(epoch FROM finished_at - started_at)), 0) AS seconds,
    sum(queued) AS emails, sum(refusals) AS refusals, max(finished_at) AS last_finished_at
  FROM postroom_jobs_jobrun GROUP BY command, status
  UNION ALL
  SELECT command, status, runs, seconds, emails, refusals, last_finished_at
  FROM postroom_jobs_deletedruns
  UNION ALL
  SELECT task_name, '', 0, 0, 0, refusals, NULL FROM postroom_jobs_tasklock) AS parts
GROUP BY command, status ORDER BY command, status"""


class Total(NamedTuple):
    """All runs of a command in one status, also the deleted ones; '' for its lock."""

    command: str
    status: str
    runs: int
    seconds: float
    emails: int
    refusals: int
    last_finished_at: datetime | None


def totals() -> list[Total]:
    """For each command and status: how many runs, how long, and when the last one ended."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS)
        return [Total(*row) for row in cursor.fetchall()]


def running() -> list[JobRun]:
    """The first 20 running runs, longest first."""
    return list(JobRun.objects.filter(status="running").order_by("started_at")[:20])


def upcoming(count: int) -> list[ScheduledJob]:
    """The jobs that are due next."""
    jobs = ScheduledJob.objects.filter(enabled=True, registered=True, next_run_at__isnull=False)
    return list(jobs.order_by("next_run_at")[:count])
