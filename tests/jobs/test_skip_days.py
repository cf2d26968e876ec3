"""Days on which a schedule does not run a job."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs import checks, registry
from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.errors import JobError, SkipDaysError
from postroom.web.jobs.job import Job
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.scheduling import claims
from postroom.web.jobs.timing.skip_days import SkipDays, skips
from postroom.web.startup_checks import TAG
from tests.support.job_channels import announced

__all__ = ["announced"]
MONDAY = datetime(2026, 11, 30, 8, tzinfo=UTC)
DUE = "--scheduled-for=2026-11-30T08:00Z"
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


def calendar(*lines: str) -> str:
    """A calendar with one event."""
    event = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]
    return "\r\n".join([*event, ""])


START = "DTSTART;VALUE=DATE:20261224"
ALARM = ("BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT5M", "REPEAT:2", "END:VALARM")


@pytest.mark.parametrize(
    ("lines", "skipped"),
    [
        ([START], [24]),
        ([START, "DTEND;VALUE=DATE:20261227"], [24, 25, 26]),
        ([START, "DTEND;VALUE=DATE:20261224"], [24]),
        ([START, "DURATION:P3D"], [24, 25, 26]),
        ([START, "DURATION:+P1W"], [24, 25, 26, 27, 28, 29, 30]),
        ([START, *ALARM, "DURATION:P2D"], [24, 25]),
        ([START, *ALARM], [24]),
        (["dtstart;value=date:20261224", "dtend;value=date:20261226"], [24, 25]),
        ([START, "duration:p2d", "rrule:freq=yearly"], [24, 25]),
        (['DTSTART;VALUE=DATE;X-FROM="a:b;c":20261224'], [24]),
        ([START, "STATUS:CONFIRMED"], [24]),
        ([START, "STATUS:CANCELLED"], []),
        (["DTSTART:20261224T090000Z", "status:cancelled"], []),
        (["DTSTART;VALUE=DATE:20271224", "RRULE:FREQ=YEARLY"], []),
    ],
)
def test_event_has_the_days_that_rfc_5545_gives_it(
    tmp_path: Path, lines: list[str], skipped: list[int]
) -> None:
    path = tmp_path / "days.ics"
    for text in (calendar(*lines), calendar(*lines).replace("VEVENT", "vevent")):
        path.write_bytes(text.encode())
        december = [day for day in range(1, 32) if skips(path, date(2026, 12, day))]
        assert december == skipped


def test_event_each_year_goes_on_into_the_next_and_past_29_february(tmp_path: Path) -> None:
    path = tmp_path / "days.ics"
    path.write_text(calendar("DTSTART;VALUE=DATE:20251230", "DURATION:P4D", "RRULE:FREQ=YEARLY"))
    assert [skips(path, date(2031, 1, day)) for day in (1, 2, 3)] == [True, True, False]
    path.write_text(calendar("DTSTART;VALUE=DATE:20240228", "DURATION:P3D", "RRULE:FREQ=YEARLY"))
    days = [date(2027, 2, 27), date(2027, 2, 28), date(2027, 3, 2), date(2027, 3, 3)]
    assert [skips(path, day) for day in days] == [False, True, True, False]
    path.write_text("02-29\n")
    days = [date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 29)]
    assert [skips(path, day) for day in days] == [False, False, True]


@pytest.mark.parametrize(
    "lines",
    [
        [START, "DURATION:PT24H"],
        [START, "DURATION:P1DT1H"],
        [START, "DURATION:-P1D"],
        [START, "DURATION:P1D", "DTEND;VALUE=DATE:20261225"],
        [START, "DTEND;VALUE=DATE:20261223"],
        [START, "DTEND:20261225T090000Z"],
        [START, "DURATION:P400D", "RRULE:FREQ=YEARLY"],
        [START, "rrule:freq=weekly"],
        [START, "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20271224"],
        [START, "RECURRENCE-ID;VALUE=DATE:20261224", "STATUS:CANCELLED"],
        ["DTSTART;VALUE=DATE:20261332"],
        ["SUMMARY:No day"],
        [START, "BEGIN:VALARM"],
    ],
)
def test_event_that_is_no_whole_days_is_refused_with_words(
    tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "days.ics"
    path.write_text(calendar(*lines))
    with pytest.raises(SkipDaysError, match=r"days\.ics: .+"):
        skips(path, date(2026, 12, 1))


def test_calendar_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "days.ics"
    path.write_text(CALENDAR[:200])
    with pytest.raises(SkipDaysError, match="END:VEVENT is missing"):
        skips(path, date(2026, 12, 1))


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
    with pytest.raises(SkipDaysError, match=r".*days: .*"):
        skips(path, date(2026, 12, 25))


def make_job(days: SkipDays, command: str = "send_things") -> Job:
    return Job(command, "0 8 * * *", timedelta(minutes=9), "Things", skip_days=days)


def test_job_refuses_what_is_neither_a_path_nor_a_function() -> None:
    with pytest.raises(JobError, match="send_things: skip_days: neither a path nor a function"):
        make_job(["2026-12-25"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content", [None, b"\xff\xfe", b"25.12.2026", CALENDAR.replace("YEARLY", "DAILY").encode()]
)
def test_unusable_calendar_is_a_warning_and_an_error_only_before_deployment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "days.ics"
    monkeypatch.setitem(registry._jobs, "send_things", make_job(path))
    monkeypatch.setitem(registry._jobs, "send_others", make_job(unusable, "send_others"))
    if content is not None:
        path.write_bytes(content)
    [warning] = [one for one in run_checks(tags=[TAG]) if "skip_days" in one.msg]
    assert (warning.id, warning.is_serious()) == ("postroom.W011", False)
    assert warning.msg.startswith(f"send_things: skip_days: {path}")
    [error] = checks.check_skip_days_before_deployment()
    assert (error.id, error.is_serious(), error.msg) == ("postroom.E012", True, warning.msg)
    path.write_text(TEXT)
    assert checks.check_skip_days() == []


def unusable(_day: date) -> bool:
    raise LookupError("no calendar of the year")


def run_sample(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("sample_job", *arguments, stdout=StringIO())
    return str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "why"),
    [
        ("/nowhere/days.ics", "skip_days: /nowhere/days.ics cannot be read: "),
        (unusable, "skip_days: LookupError: no calendar of the year"),
    ],
)
def test_run_whose_days_to_skip_are_unknown_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, settings: Any, announced: list[Outcome], days: Any, why: str
) -> None:
    settings.JOB_RETRIES = 0
    monkeypatch.setitem(registry._jobs, "sample_job", make_job(days, "sample_job"))
    assert why in run_sample(DUE)
    run = JobRun.objects.get()
    assert (run.status, run.trigger, run.scheduled_for) == ("failed", "schedule", MONDAY)
    assert run.error.startswith(why)
    [outcome] = announced
    assert outcome.needs_a_person
    assert (outcome.due, outcome.result.error) == (MONDAY, run.error)
    assert why in run_sample(DUE, "--dry-run")
    assert (JobRun.objects.count(), len(announced)) == (1, 1)
    call_command("sample_job", stdout=StringIO())  # a person can run it
    assert JobRun.objects.latest("pk").status == "completed"


@pytest.mark.django_db
def test_run_that_run_jobs_started_ends_as_failed_and_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry._jobs, "sample_job", make_job(unusable, "sample_job"))
    run = claimed()
    run_sample(DUE, f"--run={run.pk}")
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "skip_days: LookupError: no calendar of the year")
    assert claims.bury(claims.Unsuccessful("sample_job", run.pk, run.host)) == 0
    call_command("sample_job", DUE, f"--run={run.pk}", stdout=(out := StringIO()))
    assert out.getvalue() == "Not run: Another process has already begun this run\n"
    assert JobRun.objects.count() == 1


@pytest.mark.django_db
def test_calendar_that_is_away_for_a_moment_is_read_again(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOB_RETRY_SECONDS = 0
    tries: list[date] = []

    def later(day: date) -> bool:
        tries.append(day)
        if len(tries) < 2:
            raise TimeoutError("the server of calendars was away")
        return True

    monkeypatch.setitem(registry._jobs, "sample_job", make_job(later, "sample_job"))
    run = claimed()
    call_command("sample_job", DUE, f"--run={run.pk}", stdout=StringIO())
    runs = JobRun.objects.order_by("pk").values_list("status", "starts", "retries")
    assert list(runs) == [("failed", 1, 0), ("omitted", 1, 1)]


def claimed() -> JobRun:
    """The row that `run_jobs` writes before it starts a process."""
    return JobRun.objects.create(
        command="sample_job",
        status="due",
        trigger="schedule",
        scheduled_for=MONDAY,
        host="scheduler:1",
        starts=1,
        begin_by=MONDAY,
    )


@pytest.mark.django_db
def test_schedule_omits_a_day_to_skip_and_a_person_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = make_job(lambda day: day.weekday() == 0, "sample_job")
    monkeypatch.setitem(registry._jobs, "sample_job", job)
    out = StringIO()
    call_command("sample_job", "--on-schedule", now=MONDAY, stdout=out)
    assert out.getvalue() == "Not run: 2026-11-30 is a day to skip\n"
    run = JobRun.objects.get()
    assert (run.status, run.scheduled_for) == ("omitted", MONDAY)
    call_command("sample_job", now=MONDAY, stdout=out)
    call_command("sample_job", "--on-schedule", now=MONDAY + timedelta(days=1), stdout=out)
    assert EmailQueue.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "mails"), [("30", 1), ("1,29", 0)])
def test_schedule_by_weekday_runs_only_on_its_days(days: str, mails: int) -> None:
    call_command("sample_job", DUE, f"--only-on-days={days}", stdout=StringIO())
    assert EmailQueue.objects.count() == mails
