"""`run_jobs` as a process: one run for each due time, deadlines, failures, and its end."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.acceptance.jobs_at_work import JobsAtWork, at_work, lock, only_run
from tests.acceptance.program import Program
from tests.waiting import wait_until
from web.jobs import children
from web.jobs.due import Launch
from web.jobs.models import JobRun, ScheduledJob

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)


def make_due(arguments: str = "--items=2", **fields: Any) -> ScheduledJob:
    """The sample job, due since a while, as an earlier `run_jobs` left it."""
    values = {
        "schedule": "0 8 * * *",
        "timezone": "UTC",
        "missed": "run once",
        "summary": "Whatever the test wants",
        "deadline": timedelta(seconds=60),
        "arguments": arguments.split(),
        "next_run_at": timezone.now() - timedelta(hours=1),
    }
    return ScheduledJob.objects.create(command="sample_job", **values | fields)


def schedule(at_work: JobsAtWork, arguments: str, *words: str, **environment: str) -> Program:
    return at_work.start("run_jobs", *words, SAMPLE_ARGUMENTS=arguments, **environment)


def ended() -> JobRun | None:
    return JobRun.objects.filter(command="sample_job").exclude(status="running").first()


def test_two_schedulers_run_a_due_job_once_and_end_on_sigterm(at_work: JobsAtWork) -> None:
    due = make_due().next_run_at
    both = [schedule(at_work, "--items=2") for _ in range(2)]
    for scheduler in both:
        scheduler.wait_for_log("scheduler_started")
    run = wait_until(ended, 60)
    assert (run.status, run.queued, run.trigger) == ("completed", 2, "schedule")
    assert run.scheduled_for == due
    assert [scheduler.stop() for scheduler in both] == [0, 0]
    assert len([line for s in both for line in s.logged("job_started", job="sample_job")]) == 1


def test_once_runs_what_is_due_and_a_failure_is_its_exit_code_and_moves_on(
    at_work: JobsAtWork,
) -> None:
    job = make_due("--fail-at=0")
    assert schedule(at_work, "--fail-at=0", "--once").wait() == 1
    assert only_run().status == "failed"
    job.refresh_from_db()
    assert job.next_run_at is not None
    assert job.next_run_at > timezone.now()
    assert schedule(at_work, "--fail-at=0", "--once").wait() == 0
    assert JobRun.objects.count() == 1


def test_run_now_names_who_asked(at_work: JobsAtWork) -> None:
    future = timezone.now() + timedelta(days=1)
    make_due(next_run_at=future, requested_at=timezone.now(), requested_by="anna")
    assert schedule(at_work, "--items=2", "--once").wait() == 0
    assert (only_run().trigger, only_run().requested_by) == ("run now", "anna")


def test_sigterm_stops_the_jobs_under_way_and_waits_for_them(at_work: JobsAtWork) -> None:
    arguments = f"--until={at_work.folder / 'never'} --running={at_work.folder / 'running'}"
    make_due(arguments)
    scheduler = schedule(at_work, arguments)
    wait_until((at_work.folder / "running").exists, 60)
    assert scheduler.stop() == 0
    assert only_run().status == "stopped"


@pytest.fixture
def ours(at_work: JobsAtWork, monkeypatch: pytest.MonkeyPatch) -> children.Children:
    """The processes of a scheduler that is this test."""
    for name, value in at_work.environment.items():
        monkeypatch.setenv(name, value)
    return children.Children()


def start_waiting(ours: children.Children, at_work: JobsAtWork, *words: str, deadline: int) -> None:
    running = at_work.folder / "running"
    arguments = (*words, f"--until={at_work.folder / 'never'}", f"--running={running}")
    ours.start(Launch("sample_job", arguments, timedelta(seconds=deadline), due=timezone.now()))
    wait_until(running.exists, 60)


def all_ended(ours: children.Children) -> bool:
    ours.watch()
    return not len(ours)


def test_run_over_its_deadline_is_stopped(ours: children.Children, at_work: JobsAtWork) -> None:
    start_waiting(ours, at_work, deadline=0)
    wait_until(lambda: all_ended(ours), 60)
    assert (ours.failures, only_run().status) == (1, "stopped")
    assert lock() is None


def test_run_within_its_deadline_is_left_alone(
    ours: children.Children, at_work: JobsAtWork
) -> None:
    start_waiting(ours, at_work, deadline=3600)
    ours.watch()
    (at_work.folder / "never").touch()
    wait_until(lambda: all_ended(ours), 60)
    assert (ours.failures, only_run().status) == (0, "completed")


def test_job_that_does_not_hear_sigterm_is_killed(
    ours: children.Children, at_work: JobsAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "KILL_SECONDS", 0.5)
    start_waiting(ours, at_work, "--deaf", deadline=3600)
    ours.stop()
    wait_until(lambda: all_ended(ours), 60)
    assert (ours.failures, only_run().status) == (1, "running")
