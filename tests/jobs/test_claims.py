"""What is due is taken once, its next time moved on first, and taken again if it never began."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.models import JobRun, ScheduledJob
from postroom.web.jobs.registry import Job
from postroom.web.jobs.running.history import Cause, begin
from postroom.web.jobs.running.lock import Lock, take
from postroom.web.jobs.scheduling import due
from postroom.web.jobs.scheduling.claims import (
    BEGIN_WITHIN,
    MOST_STARTS,
    Launch,
    claim,
    claim_again,
)
from postroom.web.jobs.status import Missed
from tests.support.concurrent_connections import in_thread
from tests.support.job_channels import announced
from tests.support.zone_folders import folder_zone

__all__ = ["announced", "folder_zone"]
pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EIGHT = NOON + timedelta(hours=20)


def job(command: str = "send_things", **fields: Any) -> Job:
    values: dict[str, Any] = {"schedule": "0 8 * * *", "deadline": 10 * MINUTE, "summary": "Things"}
    return Job(command, **values | fields)


def seeded(*jobs: Job) -> list[ScheduledJob]:
    """Their rows; those of the daily job are due at EIGHT."""
    due.seed(jobs, NOON)
    return list(ScheduledJob.objects.all())


def claim_all(now: datetime) -> list[Launch]:
    found = []
    while starts := claim(now):
        found += starts
    return found


def test_nothing_is_due_before_its_time() -> None:
    (row,) = seeded(job())
    assert row.next_run_at is not None
    assert claim(row.next_run_at - timedelta(microseconds=1)) == []


def test_due_time_is_claimed_once_and_the_next_one_stands_before_the_run() -> None:
    (row,) = seeded(job(arguments=("--fast",)))
    eight = row.next_run_at
    assert eight is not None
    starts = claim(eight)
    run = JobRun.objects.get()
    assert starts == [Launch("send_things", ("--fast",), 10 * MINUTE, run.pk, due=eight)]
    assert (run.status, run.trigger, run.scheduled_for) == ("due", "schedule", eight)
    row.refresh_from_db()
    assert (row.last_due_at, row.next_run_at) == (eight, eight + DAY)
    assert claim(eight) == []


def test_missed_times_are_run_once_together_for_the_latest_of_them() -> None:
    (row,) = seeded(job())
    starts = claim_all(NOON + 5 * DAY)
    assert [start.due for start in starts] == [EIGHT + 4 * DAY]
    row.refresh_from_db()
    assert row.next_run_at == NOON + 5 * DAY + timedelta(hours=20)


@pytest.mark.parametrize(("late", "runs"), [(timedelta(), 1), (MINUTE, 1), (2 * MINUTE, 0)])
def test_missed_time_is_skipped_where_the_job_says_so(late: timedelta, runs: int) -> None:
    (row,) = seeded(job(missed=Missed.SKIP))
    eight = row.next_run_at
    assert eight is not None
    assert len(claim_all(eight + late)) == runs
    row.refresh_from_db()
    assert row.next_run_at == eight + DAY


@pytest.mark.parametrize("broken", [{"schedule": "nonsense"}, {"timezone": "Mars/Olympus"}])
def test_row_nobody_can_read_stops_no_other(broken: dict[str, str]) -> None:
    seeded(job(), job("other"))
    ScheduledJob.objects.filter(command="send_things").update(**broken)
    assert sorted(s.command for s in claim_all(NOON + DAY)) == ["other", "send_things"]
    assert [s.command for s in claim_all(NOON + 2 * DAY)] == ["other"]


def test_row_whose_zone_is_a_folder_of_zones_stops_no_other(folder_zone: str) -> None:
    test_row_nobody_can_read_stops_no_other({"timezone": folder_zone})


def test_disabled_job_is_not_due_and_still_runs_when_asked() -> None:
    seeded(job())
    ScheduledJob.objects.update(enabled=False)
    assert claim_all(NOON + 5 * DAY) == []
    ScheduledJob.objects.update(requested_at=NOON, requested_by="anna")
    (start,) = claim_all(NOON)
    assert (start.requested_by, start.due) == ("anna", None)
    assert claim_all(NOON) == []


def in_eight_schedulers(take_some: Callable[[], list[Launch]]) -> list[Launch]:
    """What eight connections take that begin together."""
    together, found = threading.Barrier(8), []

    def schedule() -> None:
        together.wait(20)
        found.extend(take_some())

    for thread in [in_thread(schedule) for _ in range(8)]:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_ten_jobs_are_claimed_once_by_eight_schedulers() -> None:
    seeded(*(job(f"job_{number}") for number in range(10)))
    found = in_eight_schedulers(lambda: claim_all(NOON + DAY))
    assert sorted(start.command for start in found) == [f"job_{n}" for n in range(10)]


def begun(launch: Launch) -> JobRun | None:
    """What the launch's process does first."""
    lock = take(launch.command, lease=MINUTE, ceiling=MINUTE, force=True)
    assert isinstance(lock, Lock)
    return begin(lock, launch.command, Cause(due=launch.due, run_id=launch.run_id))


def test_run_that_never_began_is_started_again_when_its_time_is_over() -> None:
    seeded(job(arguments=("--fast",)))
    [first] = claim(EIGHT)
    assert claim_again(EIGHT + BEGIN_WITHIN - timedelta(microseconds=1)) == []
    assert claim_again(EIGHT + BEGIN_WITHIN) == [first]
    assert claim_again(EIGHT + BEGIN_WITHIN) == []


def test_run_begins_once_whichever_of_two_processes_is_first() -> None:
    seeded(job())
    [first] = claim(EIGHT)
    [second] = claim_again(EIGHT + BEGIN_WITHIN)
    run = begun(second)
    assert run is not None
    assert (run.status, run.starts, run.scheduled_for) == ("running", 2, EIGHT)
    assert begun(first) is None
    assert claim_again(EIGHT + DAY) == []


def test_run_that_kills_each_of_its_schedulers_is_given_up(announced: list[Outcome]) -> None:
    seeded(job())
    claim(EIGHT)
    now, starts = EIGHT, 1
    while claim_again(now := now + BEGIN_WITHIN):
        starts += 1
    assert starts == MOST_STARTS
    run = JobRun.objects.get()
    assert (run.status, run.error) == ("lost", "Started 3 times, but never began")
    assert run.finished_at is not None
    assert [outcome.result.error for outcome in announced] == [run.error]


def test_run_that_is_asked_for_is_started_again_in_the_same_name() -> None:
    seeded(job())
    ScheduledJob.objects.update(requested_at=NOON, requested_by="anna")
    [first] = claim(NOON)
    [again] = claim_again(NOON + BEGIN_WITHIN)
    assert (again, again.requested_by) == (first, "anna")


def test_job_that_skips_missed_times_is_not_started_late() -> None:
    seeded(job(missed=Missed.SKIP))
    assert claim(EIGHT)
    assert claim_again(EIGHT + BEGIN_WITHIN) == []
    assert JobRun.objects.get().status == "lost"


def test_run_of_a_job_that_vanished_is_given_up_and_stops_no_other() -> None:
    seeded(job(), job("other"))
    assert len(claim_all(EIGHT)) == 2
    ScheduledJob.objects.filter(command="send_things").update(registered=False)
    begun = []
    while starts := claim_again(EIGHT + BEGIN_WITHIN):  # one at a time, in either order
        begun += [start.command for start in starts]
    assert begun == ["other"]
    assert JobRun.objects.get(command="send_things").status == "lost"


def test_due_time_that_comes_again_takes_the_place_of_the_one_that_never_began(
    announced: list[Outcome],
) -> None:
    seeded(job())
    [first] = claim(EIGHT)
    [second] = claim_all(EIGHT + DAY)
    statuses = dict(JobRun.objects.values_list("pk", "status"))
    assert statuses == {first.run_id: "lost", second.run_id: "due"}
    assert [(outcome.due, outcome.result.error) for outcome in announced] == [(EIGHT, "Due again")]
    assert claim_again(EIGHT + DAY) == []


def test_run_that_may_still_begin_is_left_alone_by_the_next_due_time() -> None:
    seeded(job(schedule="* * * * *"))
    begin_at = NOON + MINUTE
    claim(begin_at)
    claim(begin_at + MINUTE)
    assert set(JobRun.objects.values_list("status", flat=True)) == {"due"}


@pytest.mark.django_db(transaction=True)
def test_run_that_never_began_is_taken_by_one_of_eight_schedulers() -> None:
    seeded(job())
    claim(EIGHT)
    assert len(in_eight_schedulers(lambda: claim_again(EIGHT + BEGIN_WITHIN))) == 1
