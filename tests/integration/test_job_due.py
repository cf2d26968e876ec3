"""The table of scheduled jobs: filled from the registry, claimed once, moved on first."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from web.jobs import due
from web.jobs.models import ScheduledJob
from web.jobs.registry import Job, JobError, register
from web.jobs.status import Missed

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def job(command: str = "send_things", **fields: Any) -> Job:
    values = {"schedule": "0 8 * * *", "deadline": 10 * MINUTE, "summary": "Things"}
    return Job(command, **values | fields)


def seeded(*jobs: Job, now: datetime = NOON) -> list[ScheduledJob]:
    due.seed(jobs, now)
    return list(ScheduledJob.objects.all())


def test_new_job_is_due_at_the_next_time_of_its_own_zone() -> None:
    (row,) = seeded(job(timezone="Asia/Tokyo"))
    assert row.next_run_at == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert row.enabled


def test_seeding_again_changes_nothing_but_what_the_registry_changed() -> None:
    (row,) = seeded(job())
    ScheduledJob.objects.update(enabled=False)
    (again,) = seeded(job(summary="Other things"), now=NOON + 10 * DAY)
    assert (again.summary, again.enabled) == ("Other things", False)
    assert again.next_run_at == row.next_run_at


def test_changed_schedule_counts_from_now() -> None:
    seeded(job())
    (row,) = seeded(job(schedule="30 12 * * *"))
    assert row.next_run_at == NOON + 30 * MINUTE


def test_vanished_job_is_marked_and_never_due_and_comes_back() -> None:
    seeded(job(), job("other"))
    rows = {row.command: row.registered for row in seeded(job("other"))}
    assert rows == {"send_things": False, "other": True}
    assert [s.command for s in claim_all(NOON + DAY)] == ["other"]
    rows = {row.command: row.next_run_at for row in seeded(job(), now=NOON + 5 * DAY)}
    assert rows["send_things"] == NOON + 5 * DAY + timedelta(hours=20)


def claim_all(now: datetime) -> list[due.Launch]:
    found = []
    while starts := due.claim(now):
        found += starts
    return found


def test_nothing_is_due_before_its_time() -> None:
    (row,) = seeded(job())
    assert row.next_run_at is not None
    assert due.claim(row.next_run_at - timedelta(microseconds=1)) == []


def test_due_time_is_claimed_once_and_the_next_one_stands_before_the_run() -> None:
    (row,) = seeded(job(arguments=("--fast",)))
    eight = row.next_run_at
    assert eight is not None
    assert due.claim(eight) == [due.Launch("send_things", ("--fast",), 10 * MINUTE, due=eight)]
    row.refresh_from_db()
    assert (row.last_due_at, row.next_run_at) == (eight, eight + DAY)
    assert due.claim(eight) == []


def test_missed_times_are_run_once_together() -> None:
    (row,) = seeded(job())
    starts = claim_all(NOON + 5 * DAY)
    assert [start.due for start in starts] == [row.next_run_at]
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


def test_disabled_job_is_not_due_and_still_runs_when_asked() -> None:
    seeded(job())
    ScheduledJob.objects.update(enabled=False)
    assert claim_all(NOON + 5 * DAY) == []
    ScheduledJob.objects.update(requested_at=NOON, requested_by="anna")
    (start,) = claim_all(NOON)
    assert (start.requested_by, start.due) == ("anna", None)
    assert claim_all(NOON) == []


@pytest.mark.django_db(transaction=True)
def test_ten_jobs_are_claimed_once_by_eight_schedulers() -> None:
    seeded(*(job(f"job_{number}") for number in range(10)))
    begin, found = threading.Barrier(8), []

    def schedule() -> None:
        try:
            begin.wait(20)
            found.extend(claim_all(NOON + DAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=schedule) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(start.command for start in found) == [f"job_{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"schedule": "0 8 * *"}, "five fields"),
        ({"schedule": "0 25 * * *"}, "Bad hour"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"deadline": timedelta()}, "at least a second"),
    ],
)
def test_job_that_no_scheduler_could_run_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(JobError, match=f"send_things.*{problem}"):
        job(**fields)


def test_same_command_cannot_be_registered_with_two_schedules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("web.jobs.registry._jobs", {})
    register(job(), job())
    with pytest.raises(JobError, match="registered twice"):
        register(job(schedule="0 9 * * *"))
