"""The table of scheduled jobs, filled from the registry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.registry import Job, register
from postroom.web.jobs.scheduling import due
from postroom.web.jobs.scheduling.claims import claim
from tests.support.zone_folders import folder_zone

__all__ = ["folder_zone"]
pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def job(command: str = "send_things", **fields: Any) -> Job:
    values: dict[str, Any] = {"schedule": "0 8 * * *", "deadline": 10 * MINUTE, "summary": "Things"}
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
    assert [start.command for start in claim(NOON + DAY)] == ["other"]
    assert claim(NOON + DAY) == []
    times = {row.command: row.next_run_at for row in seeded(job(), now=NOON + 5 * DAY)}
    assert times["send_things"] == NOON + 5 * DAY + timedelta(hours=20)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"schedule": "0 8 * *"}, "five fields"),
        ({"schedule": "0 25 * * *"}, "Bad hour"),
        ({"timezone": "Mars/Olympus"}, "not a time zone"),
        ({"deadline": timedelta()}, "at least a second"),
    ],
)
def test_job_that_no_scheduler_could_run_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(JobError, match=f"send_things.*{problem}"):
        job(**fields)


def test_folder_of_time_zones_is_not_a_time_zone(folder_zone: str) -> None:
    with pytest.raises(JobError, match="'Folder' is not a time zone"):
        job(timezone=folder_zone)


def test_same_command_cannot_be_registered_with_two_schedules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("postroom.web.jobs.registry._jobs", {})
    register(job(), job())
    with pytest.raises(JobError, match="registered twice"):
        register(job(schedule="0 9 * * *"))
