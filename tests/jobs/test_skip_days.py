"""Days on which a schedule does not run a job."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs import registry
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.timing.skip_days import SkipDays, skips

TEXT = """# bank holidays
2026-12-25  Christmas
01-01   New Year
"""
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
    "BEGIN:VEVENT\r\nSUMMARY:A very long\r\n  name\r\nDTSTART;VALUE=DATE:20261225\r\n"
    "DTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\n"
    "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


@pytest.mark.parametrize("text", [TEXT, CALENDAR])
@pytest.mark.parametrize(
    ("day", "skipped"),
    [("2026-12-25", True), ("2027-12-25", False), ("2026-12-24", False), ("2031-01-01", True)],
)
def test_calendar_names_days_once_or_each_year(
    tmp_path: Path, text: str, day: str, skipped: bool
) -> None:
    path = tmp_path / "days"
    path.write_bytes(text.encode())
    assert skips(path, date.fromisoformat(day)) is skipped


@pytest.mark.parametrize(
    "text",
    [
        "25.12.2026\n",
        "2026-02-30\n",
        CALENDAR.replace("FREQ=YEARLY", "FREQ=WEEKLY"),
        CALENDAR.replace("DTSTART;VALUE=DATE:20261225", "DTSTART:20261225T090000Z"),
    ],
)
def test_calendar_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "days"
    path.write_bytes(text.encode())
    with pytest.raises(JobError, match=r"send_things: skip_days: .*days"):
        make_job(path)


def make_job(days: SkipDays, command: str = "send_things") -> Job:
    return Job(command, "0 8 * * *", timedelta(minutes=9), "Things", skip_days=days)


def test_missing_calendar_is_refused() -> None:
    with pytest.raises(JobError, match="cannot be read"):
        make_job("/nowhere/days.ics")


@pytest.mark.django_db
def test_schedule_omits_a_day_to_skip_and_a_person_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = make_job(lambda day: day.weekday() == 0, "sample_job")
    monkeypatch.setitem(registry._jobs, "sample_job", job)
    monday = datetime(2026, 11, 30, 8, tzinfo=UTC)
    out = StringIO()
    call_command("sample_job", "--on-schedule", now=monday, stdout=out)
    assert out.getvalue() == "Not run: 2026-11-30 is a day to skip\n"
    run = JobRun.objects.get()
    assert (run.status, run.scheduled_for) == ("omitted", monday)
    call_command("sample_job", now=monday, stdout=out)
    call_command("sample_job", "--on-schedule", now=monday + timedelta(days=1), stdout=out)
    assert EmailQueue.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "mails"), [("30", 1), ("1,29", 0)])
def test_schedule_by_weekday_runs_only_on_its_days(days: str, mails: int) -> None:
    due = "--scheduled-for=2026-11-30T08:00Z"
    call_command("sample_job", due, f"--only-on-days={days}", stdout=StringIO())
    assert EmailQueue.objects.count() == mails
