"""Prometheus metrics of jobs, read at each scrape from their history and from what it deleted."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.jobs import figures, health, selectors
from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.scheduling import due
from postroom.web.jobs.status import RunStatus

_OPEN: Final = {RunStatus.DUE, RunStatus.RUNNING}
_FAILURES = {RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.LOST}
# Not `job`: Prometheus uses that label for its scrape target, and renames ours.
JOB: Final = "command"


class JobCollector(Collector):
    """Four queries per scrape; times are the database's."""

    def describe(self) -> Iterable[Metric]:
        """Nothing, else prometheus_client would query the database when it registers us."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Runs, failures, seconds, e-mails, refusals, the age of the last success, the next run."""
        job = [JOB]
        by_status = [JOB, "status"]
        runs = CounterMetricFamily("postroom_job_runs", "Ended runs by status", labels=by_status)
        unended = GaugeMetricFamily(
            "postroom_job_open_runs", "Runs that are due or running", labels=by_status
        )
        failures = CounterMetricFamily(
            "postroom_job_failures", "Runs that failed, partly failed or were lost", labels=job
        )
        seconds = CounterMetricFamily("postroom_job_seconds", "Seconds spent running", labels=job)
        mails = CounterMetricFamily("postroom_job_emails_queued", "E-mails queued", labels=job)
        refusals = CounterMetricFamily(
            "postroom_job_lock_refusals", "Processes refused because the lock was held", labels=job
        )
        success = GaugeMetricFamily(
            "postroom_job_last_success_age_seconds",
            "Seconds since the last completed run ended",
            labels=job,
        )
        now = due.database_now()
        sums: dict[str, dict[str, float]] = {}
        for row in selectors.totals():
            name, status = row.command, row.status
            if row.runs:
                (unended if status in _OPEN else runs).add_metric([name, status], row.runs)
            total = sums.setdefault(name, {"failures": 0, "seconds": 0, "mails": 0, "refused": 0})
            total["failures"] += row.runs if status in _FAILURES else 0
            total["seconds"] += row.seconds
            total["mails"] += row.emails
            total["refused"] += row.refusals
            if status == RunStatus.COMPLETED and (ended := row.last_finished_at):
                success.add_metric([name], max(0, (now - ended).total_seconds()))
        for name, total in sums.items():
            failures.add_metric([name], total["failures"])
            seconds.add_metric([name], total["seconds"])
            mails.add_metric([name], total["mails"])
            refusals.add_metric([name], total["refused"])
        yield from (runs, unended, failures, seconds, mails, refusals, success, _lateness(now))
        yield _troubles(now)


def _lateness(now: object) -> Metric:
    late = GaugeMetricFamily(
        "postroom_job_overdue_seconds",
        "Seconds since the due time that no run_jobs has claimed (0: not due yet)",
        labels=[JOB],
    )
    rows = ScheduledJob.objects.filter(enabled=True, registered=True, next_run_at__isnull=False)
    for command, moment in rows.values_list("command", "next_run_at"):
        late.add_metric([command], max(0, (now - moment).total_seconds()))  # type: ignore[operator]
    return late


def _troubles(now: datetime) -> Metric:
    """Of every job, also of one that has no trouble: an alert must see the first."""
    gauge = GaugeMetricFamily(
        "postroom_job_trouble",
        "1 if the rule of health finds something about the job",
        labels=["rule", JOB],
    )
    for job in figures.read(now):
        for name, judge in health.JUDGES.items():
            gauge.add_metric([name, job.command], int(any(judge(job, now))))
    return gauge
