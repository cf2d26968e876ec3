"""Runs of processes that died: lost, and started again by run_jobs as often as the setting says."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from postroom.web.jobs.models import JobRun, TaskLock
from postroom.web.jobs.running import dead_runs
from postroom.web.jobs.running.history import Cause, begin
from postroom.web.jobs.running.lock import Lock, take
from postroom.web.jobs.scheduling.claims import Unsuccessful, bury, finish_later
from postroom.web.jobs.status import Trigger

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
    assert dead_runs.close_all() == 1
    assert after(run) == [("due", 1)]
    assert dead_runs.close_all() == 0
    assert not TaskLock.objects.exists()


def test_run_of_a_living_owner_is_left_alone() -> None:
    run = make_run(expired=False)
    assert dead_runs.close_all() == 0
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
    assert dead_runs.close_all() == again
    assert len(after(run)) == again


@pytest.mark.parametrize(("over", "again"), [(False, [("due", 1)]), (True, [])])
def test_dead_child_is_buried_although_its_lease_goes_on(
    over: bool, again: list[tuple[str, int]]
) -> None:
    run = make_run(expired=False)
    assert bury(Unsuccessful("send_things", run.pk, "pod:7", over=over)) == len(again)
    assert after(run) == again
    assert not TaskLock.objects.exists()


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
    begin(take_over(force), "send_things", Cause(Trigger.SCHEDULE, due))
    found = [row for row in after(run) if row[0] == "due"]
    assert found == again


def test_run_that_was_stopped_with_its_scheduler_is_finished_by_the_next() -> None:
    def stopped(due: datetime) -> JobRun:
        return JobRun.objects.create(
            command="send_things", host="pod:7", status="stopped", trigger="schedule",
            scheduled_for=due, finished_at=due, starts=1, lock_token=UUID(int=1),
        )  # fmt: skip

    stopped(DUE - 24 * HOUR)  # of an earlier container, whose processes had the same ids
    run = stopped(DUE)
    assert dead_runs.close_all() == 0
    assert finish_later(Unsuccessful("send_things", run.pk, "pod:7", interrupted=True)) == 1
    assert dead_runs.close_all() == 1
    assert dead_runs.close_all() == 0
    again = JobRun.objects.latest("pk")
    assert (again.status, again.scheduled_for, again.retries) == ("due", DUE, 0)
