"""The rules of health about jobs, from their history."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from postroom.web.emails.models import Heartbeat, Mailer
from postroom.web.emails.operating.health import Finding, look
from postroom.web.jobs import figures
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from tests.support.health import check

pytestmark = pytest.mark.django_db
JOB = "send_weekly_summary"


@pytest.fixture(autouse=True)
def running(settings: Any) -> None:
    """A mailer and a relay that work, and a job of an hour."""
    settings.RABBITMQ_MANAGEMENT_URL = ""
    Mailer.objects.create(name="mailer-1", version="1", state="running")
    Heartbeat.objects.create(kind="relay", name="relay-1", version="1", state="running")


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def run(status: str, *, began: datetime, took: float = 60, **fields: Any) -> JobRun:
    values: dict[str, Any] = {"command": JOB, "trigger": "schedule", "host": "pod-1"}
    if status == "running":
        values["lock_token"] = uuid.uuid4()
    else:
        values["finished_at"] = began + timedelta(seconds=took)
    return JobRun.objects.create(status=status, started_at=began, **values | fields)


def lock(*, until: datetime) -> None:
    TaskLock.objects.create(
        task_name=JOB,
        owner="pod-1",
        token=uuid.uuid4(),
        acquired_at=ago(hours=1),
        expires_at=until,
        ceiling_at=until,
    )


def found() -> list[Finding]:
    return list(look().findings)


def only() -> Finding:
    (finding,) = found()
    assert (finding.place, finding.query) == ("jobs", f"q={JOB}")
    return finding


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("failed", "failed."),
        ("partial", "failed for a part of its items."),
        ("lost", "was lost: its process ended without a word."),
    ],
)
def test_job_that_failed_is_named_until_it_runs_well(status: str, words: str) -> None:
    run("completed", began=ago(days=2))
    ended = run(status, began=ago(hours=3)).finished_at
    finding = only()
    assert (finding.rule, finding.what) == ("job_failed", f"The job {JOB} {words}")
    assert finding.since == ended
    code, text = check()
    assert (code, text.splitlines()[0][:10]) == (1, "WARNING - ")
    run("refused", began=ago(hours=2), took=0)
    assert only().rule == "job_failed"
    run("completed", began=ago(hours=1))
    assert not found()


def test_failure_of_last_week_is_forgotten() -> None:
    run("failed", began=ago(days=8))
    assert not found()


def test_job_without_a_schedule_counts_too() -> None:
    run("failed", began=ago(hours=1), command="by_hand")
    assert [finding.what for finding in found()] == ["The job by_hand failed."]


def test_job_stopped_at_its_deadline_is_not_one_stopped_by_hand() -> None:
    run("stopped", began=ago(hours=9), took=30)
    assert not found()
    run("stopped", began=ago(hours=8), over_deadline=True)
    finding = only()
    assert finding.rule == "job_over_deadline"
    assert finding.what.startswith(f"The job {JOB} was stopped at its deadline of ")


def test_job_near_its_deadline_is_named_while_it_runs() -> None:
    lock(until=timezone.now() + timedelta(minutes=1))
    row = run("running", began=ago(seconds=5))
    assert not found()
    deadline = next(job.deadline for job in figures.read(timezone.now()) if job.command == JOB)
    assert deadline is not None
    JobRun.objects.filter(pk=row.pk).update(started_at=timezone.now() - 0.9 * deadline)
    assert only().rule == "job_near_deadline"


def test_job_whose_process_is_gone_is_lost() -> None:
    lock(until=ago(seconds=1))
    run("running", began=ago(seconds=90))
    finding = only()
    assert finding.rule == "job_lost"
    assert "runs on pod-1, and holds no lock any more" in finding.what


def test_job_that_nobody_starts_is_overdue() -> None:
    job = ScheduledJob.objects.create(
        command=JOB,
        schedule="0 8 * * 1",
        timezone="UTC",
        deadline=timedelta(hours=1),
        missed="run once",
        next_run_at=ago(seconds=60),
    )
    assert not found()
    ScheduledJob.objects.update(next_run_at=ago(minutes=30))
    assert only().what == f"The job {JOB} is overdue: it should have begun 30 min ago."
    ScheduledJob.objects.update(enabled=False)
    assert not found()
    job.delete()


def test_job_refused_its_lock_again_and_again_is_named() -> None:
    run("completed", began=ago(hours=5))
    lock(until=timezone.now() + timedelta(minutes=1))
    run("running", began=ago(seconds=50))
    for minutes in (3, 2):
        run("refused", began=ago(minutes=minutes), took=0)
    assert not found()
    run("refused", began=ago(minutes=1), took=0)
    assert only().what.startswith(f"The job {JOB} was refused 3 times")


@pytest.mark.parametrize("refusals", [2, 3])
def test_refusals_that_only_the_lock_counts_are_enough(refusals: int) -> None:
    """Under cron, systemd and Kubernetes a refused process leaves no row."""
    lock(until=timezone.now() + timedelta(minutes=1))
    run("running", began=ago(seconds=50))
    TaskLock.objects.update(refusals=refusals)
    rules = [finding.rule for finding in found()]
    assert rules == ["job_refused"] * (refusals == 3)


def test_failed_job_says_when_it_runs_again() -> None:
    run("failed", began=ago(hours=1))
    at = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
    ScheduledJob.objects.create(
        command=JOB,
        schedule="0 8 * * 1",
        timezone="UTC",
        deadline=timedelta(hours=1),
        missed="run once",
        next_run_at=at,
    )
    assert only().recovers == "It runs again at 7 Jan 2030, 08:00:00 UTC."


def test_figures_do_not_read_the_whole_history() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + figures._READ, {"registered": [JOB]})
        assert "Seq Scan on postroom_jobs_jobrun" not in "\n".join(row[0] for row in cursor)
