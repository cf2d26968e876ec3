"""`run_jobs` as a process: one run for each due time, deadlines, failures, and its end."""

import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun, ScheduledJob
from postroom.web.jobs.scheduling import children
from postroom.web.jobs.scheduling.claims import Launch
from postroom.web.jobs.timing import cron
from tests.support.acceptance.job_processes import JobsAtWork, at_work, lock, only_run
from tests.support.acceptance.program import Program
from tests.support.waits import wait_until

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)


def make_due(arguments: str = "--items=2", **fields: Any) -> ScheduledJob:
    """The sample job, due since this day's time of it, as an earlier `run_jobs` left it."""
    values = {
        "schedule": "0 8 * * *",
        "timezone": "UTC",
        "missed": "run once",
        "summary": "Whatever the test wants",
        "deadline": timedelta(seconds=60),
        "arguments": arguments.split(),
        "next_run_at": cron.latest("0 8 * * *", ZoneInfo("UTC"), datetime.now(UTC)),
    }
    return ScheduledJob.objects.create(command="sample_job", **values | fields)


def schedule(at_work: JobsAtWork, arguments: str, *words: str, **environment: str) -> Program:
    return at_work.start("run_jobs", *words, SAMPLE_ARGUMENTS=arguments, **environment)


def ended() -> JobRun | None:
    return (
        JobRun.objects.filter(command="sample_job").exclude(status__in=["due", "running"]).first()
    )


def test_two_schedulers_run_a_due_job_once_and_end_on_sigterm(at_work: JobsAtWork) -> None:
    due = make_due().next_run_at
    both = [schedule(at_work, "--items=2") for _ in range(2)]
    for scheduler in both:
        scheduler.wait_for_log("scheduler_started")
    run = wait_until(ended)
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


def test_run_whose_scheduler_and_process_are_killed_before_it_began_is_made_up_for(
    at_work: JobsAtWork,
) -> None:
    due = make_due().next_run_at
    gate = at_work.folder / "gate"
    scheduler = schedule(at_work, "--items=2", SAMPLE_GATE=str(gate))
    scheduler.wait_for_log("job_started")
    [started] = scheduler.logged("job_started", job="sample_job")
    scheduler.kill()
    os.kill(started["pid"], signal.SIGKILL)
    run = only_run()
    assert (run.status, run.scheduled_for, EmailQueue.objects.count()) == ("due", due, 0)

    JobRun.objects.update(begin_by=timezone.now() - timedelta(seconds=1))  # as if time had passed
    assert schedule(at_work, "--items=2", "--once").wait() == 0
    run.refresh_from_db()
    assert (run.status, run.queued, run.starts, run.scheduled_for) == ("completed", 2, 2, due)
    assert EmailQueue.objects.count() == 2


def test_process_that_outlives_its_scheduler_and_is_slow_begins_a_run_that_nobody_else_has(
    at_work: JobsAtWork,
) -> None:
    make_due()
    gate = at_work.folder / "gate"
    scheduler = schedule(at_work, "--items=2", SAMPLE_GATE=str(gate))
    scheduler.wait_for_log("job_started")
    scheduler.kill()
    JobRun.objects.update(begin_by=timezone.now() - timedelta(seconds=1))
    assert schedule(at_work, "--items=2", "--once").wait() == 0
    assert only_run().status == "completed"
    gate.touch()
    wait_until(lambda: "run_already_begun" in scheduler.log.read_text())
    assert only_run().starts == 2
    assert EmailQueue.objects.count() == 2


def test_run_refused_because_somebody_runs_the_job_says_so_in_the_history(
    at_work: JobsAtWork,
) -> None:
    owner = at_work.start_waiting()
    job = make_due()
    assert schedule(at_work, "--items=2", "--once").wait() == 0
    refused = JobRun.objects.get(status="refused")
    assert refused.scheduled_for == job.next_run_at
    assert f":{owner.pid} since" in refused.error
    at_work.go()
    assert owner.wait() == 0


def test_run_now_names_who_asked(at_work: JobsAtWork) -> None:
    future = timezone.now() + timedelta(days=1)
    make_due(next_run_at=future, requested_at=timezone.now(), requested_by="anna")
    assert schedule(at_work, "--items=2", "--once").wait() == 0
    assert (only_run().trigger, only_run().requested_by) == ("run now", "anna")


def test_sigterm_stops_the_jobs_under_way_and_waits_for_them(at_work: JobsAtWork) -> None:
    arguments = f"--until={at_work.folder / 'never'} --running={at_work.folder / 'running'}"
    make_due(arguments)
    scheduler = schedule(at_work, arguments)
    wait_until((at_work.folder / "running").exists)
    assert scheduler.stop() == 0
    stopped = only_run()
    assert stopped.status == "stopped"
    # The next scheduler finishes it.
    (at_work.folder / "never").touch()
    assert schedule(at_work, arguments, "--once").wait() == 0
    finished = JobRun.objects.latest("pk")
    assert (finished.status, finished.scheduled_for) == ("completed", stopped.scheduled_for)


@pytest.fixture
def ours(at_work: JobsAtWork, monkeypatch: pytest.MonkeyPatch) -> children.Children:
    """The processes of a scheduler that is this test."""
    for name, value in at_work.environment.items():
        monkeypatch.setenv(name, value)
    return children.Children()


def start_waiting(ours: children.Children, at_work: JobsAtWork, *words: str, deadline: int) -> None:
    running = at_work.folder / "running"
    arguments = (*words, f"--until={at_work.folder / 'never'}", f"--running={running}")
    run = JobRun.objects.create(
        command="sample_job", status="due", trigger="schedule", begin_by=timezone.now()
    )
    deadline_in = timedelta(seconds=deadline)
    ours.start(Launch("sample_job", arguments, deadline_in, run.pk, due=timezone.now()))
    wait_until(running.exists)


def all_ended(ours: children.Children) -> bool:
    ours.watch()
    return not len(ours)


def test_run_over_its_deadline_is_stopped(ours: children.Children, at_work: JobsAtWork) -> None:
    start_waiting(ours, at_work, deadline=0)
    wait_until(lambda: all_ended(ours))
    assert (ours.failures, only_run().status) == (1, "stopped")
    assert lock() is None


def test_run_within_its_deadline_is_left_alone(
    ours: children.Children, at_work: JobsAtWork
) -> None:
    start_waiting(ours, at_work, deadline=3600)
    ours.watch()
    (at_work.folder / "never").touch()
    wait_until(lambda: all_ended(ours))
    assert (ours.failures, only_run().status) == (0, "completed")


def test_job_that_does_not_hear_sigterm_is_killed(
    ours: children.Children, at_work: JobsAtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "KILL_SECONDS", 0.5)
    start_waiting(ours, at_work, "--deaf", deadline=3600)
    ours.stop()
    wait_until(lambda: all_ended(ours))
    assert (ours.failures, only_run().status) == (1, "running")
