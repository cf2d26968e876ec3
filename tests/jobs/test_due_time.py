"""For which due time a scheduler starts a job: by what it knows, else by the schedule."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from postroom.web.jobs.job import Job
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.timing import due_time

DAILY = Job("send_things", "0 6 * * *", timedelta(minutes=10), "Things")


@pytest.fixture(autouse=True)
def _no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KUBERNETES_JOB_NAME", "SYSTEMD_TIMER", "TRIGGER_UNIT"):
        monkeypatch.delenv(name, raising=False)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "due"),
    [
        ("send-things-29933580", utc("2026-11-30T05:00")),
        ("shop-send-things-29933580", utc("2026-11-30T05:00")),
        ("send-things-by-hand", None),
        ("manual-1", None),
        # A person's number: the day, one of long ago, one to come.
        ("send-things-20261201", None),
        ("send-things-29923200", None),
        ("send-things-29935261", None),
    ],
)
def test_kubernetes_names_its_job_after_the_due_time(
    monkeypatch: pytest.MonkeyPatch, name: str, due: datetime | None
) -> None:
    monkeypatch.setenv("KUBERNETES_JOB_NAME", name)
    assert due_time.find(DAILY, utc("2026-12-01T09:00")) == due


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A `systemctl` that shows the calendars in the file that this yields."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not on this machine")
    shown, program = tmp_path / "shown", tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\ncat {shown}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("SYSTEMD_TIMER", "postroom-send-things.timer")
    yield shown


@pytest.mark.parametrize(
    ("calendars", "now", "due"),
    [
        # As shipped; moved by an hour; moved to the evening before; by weekday; in another zone.
        (["*-*-* 06:00:00 UTC"], "2026-11-30T06:00:02", "2026-11-30T06:00"),
        (["*-*-* 05:00:00 UTC"], "2026-11-30T05:00:01", "2026-11-30T05:00"),
        (["*-*-* 21:00:00 UTC"], "2026-11-30T00:20:00", "2026-11-29T21:00"),
        (["Mon *-*-* 05:00 UTC", "*-*-01 05:00 UTC"], "2026-12-05T01:00", "2026-12-01T05:00"),
        (["*-*-* 8..17:*:00 UTC"], "2026-11-30T20:00:00", "2026-11-30T17:59"),
        (["*-*-* 06:00:00 Europe/Berlin"], "2026-11-30T05:00:01", "2026-11-30T05:00"),
        (["*-01-01 06:00:00 UTC"], "2026-11-30T05:00:01", "2026-01-01T06:00"),
    ],
)
def test_systemd_is_asked_for_its_timer(
    systemd: Path, calendars: list[str], now: str, due: str
) -> None:
    systemd.write_text(
        "\n".join(
            f"TimersCalendar={{ OnCalendar={calendar} ; next_elapse=n/a }}"
            for calendar in calendars
        )
    )
    assert due_time.find(DAILY, utc(now)) == utc(due)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ended", "now", "due"),
    [
        ([], "2026-11-30T06:00:01", "2026-11-30T06:00"),
        ([], "2026-11-30T07:00:00", "2026-11-30T06:00"),  # moved an hour later, or late
        ([], "2026-11-30T05:00:00", "2026-11-30T05:00"),  # moved an hour earlier
        (["2026-11-29T06:00"], "2026-11-30T05:00:00", "2026-11-30T05:00"),
        (["2026-11-28T05:00", "2026-11-29T05:00"], "2026-11-30T05:00:00", "2026-11-30T05:00"),
        (["2026-11-28T06:00"], "2026-11-30T05:00:00", "2026-11-29T06:00"),  # late by 23 hours
        (["2026-11-28T06:00"], "2026-11-30T05:59:00", "2026-11-29T06:00"),
        (["2026-11-29T06:00"], "2026-11-30T00:10:00", "2026-11-29T06:00"),  # by a second host
    ],
)
def test_without_a_scheduler_that_knows_the_schedule_and_the_history_decide(
    ended: list[str], now: str, due: str
) -> None:
    for moment in ended:
        JobRun.objects.create(
            command="send_things",
            status="completed",
            trigger="schedule",
            scheduled_for=utc(moment),
            finished_at=utc(moment),
        )
    assert due_time.find(DAILY, utc(now)) == utc(due)


@pytest.mark.django_db
@pytest.mark.parametrize("before", [[], ["2026-11-29T05:00"]], ids=["first", "later"])
@pytest.mark.parametrize(
    ("status", "due"),
    [
        ("lost", "2026-11-30T05:00"),
        ("failed", "2026-11-30T05:00"),
        ("running", "2026-11-30T05:00"),  # killed, and not yet found to be lost
        ("completed", "2026-11-30T05:01"),
    ],
)
def test_run_of_a_moved_timer_that_died_is_started_again_for_the_same_time(
    before: list[str], status: str, due: str
) -> None:
    """The very first one was started again for the day before."""
    for moment, state in [
        *((moment, "completed") for moment in before),
        ("2026-11-30T05:00", status),
    ]:
        JobRun.objects.create(
            command="send_things",
            status=state,
            trigger="schedule",
            scheduled_for=utc(moment),
            finished_at=None if state == "running" else utc(moment),
            lock_token=uuid4() if state == "running" else None,
        )
    assert due_time.find(DAILY, utc("2026-11-30T05:01")) == utc(due)
