"""Runs of processes that died: lost, and started again by run_jobs as often as the setting says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.models import JobRun, TaskLock
from postroom.web.jobs.running import dead_runs
from postroom.web.jobs.running.lock import Lock, take
from postroom.web.jobs.scheduling.claims import Unsuccessful, bury, finish_later
from tests.support.job_channels import announced

__all__ = ["announced"]
pytestmark = pytest.mark.django_db
DUE = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_run(expired: bool = True, **fields: Any) -> JobRun:
    """A run of `run_jobs`, and its lock."""
    token = uuid4()
    values: dict[str, Any] = {
        "status": "running", "trigger": "schedule", "scheduled_for": DUE, "starts": 1,
        "lock_token": token,
    }  # fmt: skip
    run = JobRun.objects.create(command="send_things", host="pod:7", **values | fields)
    now = datetime.now(UTC)
    TaskLock.objects.create(
        task_name="send_things",
        owner="pod:7",
        token=token,
        acquired_at=now - HOUR,
        expires_at=now - HOUR / 2 if expired else now + HOUR,
        ceiling_at=now + HOUR,
    )
    return run


def after(run: JobRun) -> list[tuple[str, int]]:
    run.refresh_from_db()
    assert run.status == "lost"
    later = JobRun.objects.filter(pk__gt=run.pk, scheduled_for=run.scheduled_for)
    return list(later.values_list("status", "retries"))


def test_run_of_a_dead_host_is_lost_and_due_again() -> None:
    run = make_run()
    assert dead_runs.close_all().again == 1
    assert after(run) == [("due", 1)]
    assert dead_runs.close_all().again == 0
    assert not TaskLock.objects.exists()


def test_run_of_a_living_owner_is_left_alone() -> None:
    run = make_run(expired=False)
    assert dead_runs.close_all().again == 0
    run.refresh_from_db()
    assert run.status == "running"


@pytest.mark.parametrize(
    ("fields", "again"),
    [({"retries": 4}, 1), ({"retries": 5}, 0), ({"starts": 0, "trigger": "command line"}, 0)],
)
def test_run_is_started_again_five_times_and_only_if_run_jobs_started_it(
    fields: dict[str, Any], again: int
) -> None:
    run = make_run(**fields)
    closed = dead_runs.close_all()
    assert (closed.again, closed.lost) == (again, [] if again else [run])
    assert len(after(run)) == again


@pytest.mark.parametrize(("over", "again"), [(False, [("due", 1)]), (True, [])])
def test_dead_child_is_buried_although_its_lease_goes_on(
    announced: list[Outcome], over: bool, again: list[tuple[str, int]]
) -> None:
    run = make_run(expired=False, found=7)
    assert bury(Unsuccessful("send_things", run.pk, "pod:7", over=over)) == len(again)
    assert after(run) == again
    texts = [str(outcome).partition(" s: ")[2] for outcome in announced]
    lost = "found 7, queued 0, failed 0. Its process died before the run ended"
    assert texts == ([lost] if over else [])


def test_run_that_another_job_finds_lost_is_announced(announced: list[Outcome]) -> None:
    make_run(starts=0)
    call_command("sample_job", verbosity=0)
    assert [(outcome.command, outcome.result.status) for outcome in announced] == [
        ("send_things", "lost"), ("sample_job", "completed"),
    ]  # fmt: skip


def test_force_gives_up_no_run_of_another_job() -> None:
    make_run()
    TaskLock.objects.update(task_name="other")
    JobRun.objects.update(command="other")
    forced = make_run(expired=False)
    closed = dead_runs.close(take_over(force=True))
    assert (closed.again, closed.lost) == (1, [forced])
    assert JobRun.objects.filter(command="other", status="due").count() == 1


def test_child_that_died_with_the_lock_before_it_began_is_started_at_once() -> None:
    run = make_run(expired=False, status="due", lock_token=None, begin_by=datetime.now(UTC) + HOUR)
    assert bury(Unsuccessful("send_things", run.pk, "pod:7")) == 1
    assert not TaskLock.objects.exists()
    run.refresh_from_db()
    assert run.begin_by is not None
    assert run.begin_by <= datetime.now(UTC) + timedelta(seconds=1)


def take_over(force: bool = False) -> Lock:
    lock = take("send_things", lease=HOUR, ceiling=HOUR, force=force)
    assert isinstance(lock, Lock)
    return lock


@pytest.mark.parametrize(
    ("due", "force", "again"),
    [
        (DUE, False, []),  # it finishes the work itself
        (DUE + HOUR, False, [("due", 1)]),
        (DUE + HOUR, True, []),  # a person decided
    ],
)
def test_next_run_leaves_the_work_of_another_due_time_to_run_jobs(
    due: datetime, force: bool, again: list[tuple[str, int]]
) -> None:
    run = make_run(expired=not force)
    closed = dead_runs.close(take_over(force), due)
    found = [row for row in after(run) if row[0] == "due"]
    assert found == again
    assert closed.lost == ([run] if force else [])


def test_run_that_was_stopped_with_its_scheduler_is_finished_by_the_next() -> None:
    def stopped(due: datetime) -> JobRun:
        return JobRun.objects.create(
            command="send_things", host="pod:7", status="stopped", trigger="schedule",
            scheduled_for=due, finished_at=due, starts=1, lock_token=UUID(int=1),
        )  # fmt: skip

    stopped(DUE - 24 * HOUR)  # of an earlier container, whose processes had the same ids
    run = stopped(DUE)
    assert dead_runs.close_all().again == 0
    assert finish_later(Unsuccessful("send_things", run.pk, "pod:7", interrupted=True)) == 1
    assert dead_runs.close_all().again == 1
    assert dead_runs.close_all().again == 0
    again = JobRun.objects.latest("pk")
    assert (again.status, again.scheduled_for, again.retries) == ("due", DUE, 0)
