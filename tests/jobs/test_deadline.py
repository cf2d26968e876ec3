"""A run that its scheduler stops at the deadline says so, however short its own row is."""

import threading
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from postroom.web.jobs import command
from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.job import Job
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running import deadline
from postroom.web.jobs.running.history import Cause
from tests.support.job_channels import announced
from tests.support.sample_jobs.management.commands.sample_job import Command

__all__ = ["announced"]
pytestmark = pytest.mark.django_db
DUE = datetime(2026, 11, 30, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
JOB = Job("sample_job", "0 8 * * *", 10 * MINUTE, "Things")


def earlier_process(began: timedelta, **fields: Any) -> None:
    """Its run for the same due time, which it did not finish."""
    then = timezone.now() - began
    values = {"status": "lost", "trigger": "schedule", "scheduled_for": DUE, "finished_at": then}
    JobRun.objects.create(command="sample_job", started_at=then, **values | fields)


def stopped(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> JobRun:
    """The run of a process that is stopped at once."""
    monkeypatch.setattr(command, "find", lambda _name: JOB)
    process = Command()
    process._stop = threading.Event()
    process._stop.set()
    with pytest.raises(CommandError):
        call_command(process, *arguments, stdout=StringIO())
    return JobRun.objects.latest("pk")


def test_last_process_of_a_due_time_whose_time_is_over(
    monkeypatch: pytest.MonkeyPatch, announced: list[Outcome]
) -> None:
    earlier_process(9.8 * MINUTE)
    run = stopped(monkeypatch, f"--scheduled-for={DUE.isoformat()}")
    assert (run.status, run.over_deadline) == ("stopped", True)
    assert run.error == "It was stopped at its deadline"
    assert announced[0].needs_a_person


@pytest.mark.parametrize(
    "arguments", [(f"--scheduled-for={DUE.isoformat()}",), ("--requested-by=ann",), ()]
)
def test_run_that_is_stopped_for_another_reason(
    monkeypatch: pytest.MonkeyPatch, announced: list[Outcome], arguments: tuple[str, ...]
) -> None:
    earlier_process(5 * MINUTE)
    earlier_process(timedelta(days=1))  # and a person runs it again for this due time
    run = stopped(monkeypatch, *arguments)
    assert (run.status, run.over_deadline, run.error) == ("stopped", False, "")
    assert not announced[0].needs_a_person


@pytest.mark.parametrize(
    ("seconds", "limit", "over"),
    [
        (595, 10 * MINUTE, True),
        (500, 10 * MINUTE, False),
        (9.5, MINUTE / 6, True),
        (1e9, None, False),
    ],
)
def test_time_that_a_process_waited_for_the_lock_or_tried_before_counts(
    seconds: float, limit: timedelta | None, over: bool
) -> None:
    began = time.monotonic() - seconds
    cause = Cause(due=DUE, run_id=1, deadline=limit, process_began=began)
    assert deadline.is_over("sample_job", cause) is over


def test_run_jobs_gives_each_process_all_of_the_time() -> None:
    earlier_process(9.8 * MINUTE)
    assert not deadline.is_over("sample_job", Cause(due=DUE, run_id=1, deadline=JOB.deadline))
