"""The queries of pages and metrics about jobs; read-only."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock


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


def totals() -> Iterable[Mapping[str, Any]]:
    """For each command and status: how many runs, how long, and when the last one ended."""
    took = F("finished_at") - F("started_at")
    ended = ~Q(status="running")
    return (
        JobRun.objects.order_by("command")
        .values("command", "status")
        .annotate(
            runs=Count("pk"),
            seconds=Sum(took, filter=ended),
            refused=Sum("refusals"),
            mails=Sum("queued"),
            last_finished=Max("finished_at"),
        )
    )


def standing_refusals() -> dict[str, int]:
    """Refusals of locks that are still held, not yet in any run's row."""
    return dict(TaskLock.objects.values_list("task_name", "refusals"))


def running() -> list[JobRun]:
    """The first 20 running runs, longest first."""
    return list(JobRun.objects.filter(status="running").order_by("started_at")[:20])


def upcoming(count: int) -> list[ScheduledJob]:
    """The jobs that are due next."""
    jobs = ScheduledJob.objects.filter(enabled=True, registered=True, next_run_at__isnull=False)
    return list(jobs.order_by("next_run_at")[:count])
