"""A job that a scheduler starts late, after midnight even, works for the day it was due on."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from postroom.web.jobs.models import JobRun
from postroom.web.systems.agreements.models import MOU, MOUEvent
from postroom.web.systems.club.models import AdHocDay, DutyAssignment, MaintenanceIssue
from tests.support.job_runs import queued
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.club_records import Duty, Role, member, report

pytestmark = pytest.mark.django_db


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def run(name: str, now: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, now=utc(now), stdout=out)
    return out.getvalue()


BOTH_DAYS = {"2026-11-22": "unconfirmed", "2026-11-23": "unconfirmed"}


def states() -> dict[str, str]:
    return {str(day.date): day.status for day in AdHocDay.objects.all()}


@pytest.mark.parametrize(
    ("now", "arguments", "expired"),
    [
        # Due at 18:00 on the 21st; the machine was off until after midnight.
        ("2026-11-21T18:00", ["--on-schedule"], "2026-11-22"),
        ("2026-11-22T00:10", ["--on-schedule"], "2026-11-22"),
        ("2026-11-22T17:59", ["--on-schedule"], "2026-11-22"),
        ("2026-11-22T18:00", ["--on-schedule"], "2026-11-23"),
        # The clock of this host is a little behind the scheduler's.
        ("2026-11-22T17:59:45", ["--on-schedule"], "2026-11-23"),
        ("2026-11-22T00:10", ["--scheduled-for=2026-11-21T18:00:00+00:00"], "2026-11-22"),
        # By hand, tomorrow is tomorrow.
        ("2026-11-22T00:10", [], "2026-11-23"),
        ("2026-11-22T00:10", ["--requested-by=anna"], "2026-11-23"),
    ],
)
def test_ad_hoc_day_after_the_due_day_expires(now: str, arguments: list[str], expired: str) -> None:
    for day in BOTH_DAYS:
        AdHocDay.objects.create(date=day)
    run("expire_ad_hoc_days", now, *arguments)
    assert states() == BOTH_DAYS | {expired: "expired"}


def test_history_says_for_which_due_time_a_timers_run_was() -> None:
    run("expire_ad_hoc_days", "2026-11-22T00:10", "--on-schedule")
    row = JobRun.objects.get()
    assert (row.trigger, row.scheduled_for) == ("schedule", utc("2026-11-21T18:00"))


def test_dry_run_shows_what_the_late_run_would_do() -> None:
    AdHocDay.objects.create(date="2026-11-22", proposed_by=member("Ann"))
    shown = run("expire_ad_hoc_days", "2026-11-22T00:10", "--on-schedule", "--dry-run")
    assert "ann@example.org" in shown
    assert states() == {"2026-11-22": "unconfirmed"}


def test_command_without_a_schedule_cannot_run_on_schedule() -> None:
    with pytest.raises(CommandError, match="sample_job has no schedule"):
        run("sample_job", "2026-11-22T00:10", "--on-schedule")


def test_duty_officers_of_the_day_after_the_due_day_are_told() -> None:
    ann, ben = member("Ann"), member("Ben")
    for day, who in (("2026-11-22", ann), ("2026-11-23", ben)):
        DutyAssignment.objects.create(date=day, duty=Duty.DUTY_OFFICER, member=who)
    run("send_duty_preop_emails", "2026-11-22T00:10", "--on-schedule")
    [email] = queued()
    assert email.recipients.get().address == "ann@example.org"
    assert email.subject == "You are duty officer today, Sunday 22 November 2026"


def test_late_notice_of_an_expired_day_does_not_say_tomorrow() -> None:
    AdHocDay.objects.create(date="2026-11-22", proposed_by=member("Ann"))
    run("expire_ad_hoc_days", "2026-11-22T00:10", "--on-schedule")
    [email] = queued()
    assert email.subject.startswith("No flying today: ")
    text = shipped_renderer().render(email.template_path, email.context).text
    assert "The ad-hoc day today does not take place" in text
    assert "omorrow" not in text


def make_mou(**fields: Any) -> MOU:
    values = {"title": "T", "organization": "O", "staff_coordinator_email": "ann@example.org"}
    values |= {"start_date": "2026-01-01", "end_date": "2027-06-01"}
    mou = MOU.objects.create(**values | fields)
    MOUEvent.objects.create(mou=mou, title="Budget", date="2026-11-01")  # something to say
    return mou


@pytest.mark.parametrize(
    ("job", "late", "next_time"),
    [
        # Due on 1 November, run on 1 December before that day's own time: two months.
        ("send_monthly_mou_emails", "2026-12-01T03:00", "2026-12-01T08:00"),
        # Due on Monday the 16th, run on Monday the 23rd: two weeks.
        ("send_weekly_summary", "2026-11-23T03:00", "2026-11-23T07:30"),
    ],
)
def test_late_reminder_takes_nothing_from_the_next_one(job: str, late: str, next_time: str) -> None:
    make_mou()
    run(job, late, "--on-schedule")
    run(job, late, "--on-schedule")
    assert len(queued()) == 1
    run(job, next_time, "--on-schedule")
    assert len(queued()) == 2


def test_late_reminder_counts_its_days_from_when_it_is_written() -> None:
    make_mou(end_date="2026-11-20")
    run("send_monthly_mou_emails", "2026-11-05T09:00", "--on-schedule")
    [email] = queued()
    assert email.context["days_left"] == 15


def test_late_digest_begins_where_the_one_before_it_ended() -> None:
    member("Ann", Role.MAINTENANCE)
    # The digest of Sunday the 22nd comes on Monday; fixes of both days are for the next one.
    for day in ("2026-11-14", "2026-11-15", "2026-11-21", "2026-11-22", "2026-11-23"):
        MaintenanceIssue.objects.create(
            aircraft=day, description="Worn", reported_on="2026-11-01", resolved_on=day
        )
    run("send_maintenance_digest", "2026-11-23T03:00", "--on-schedule")
    [email] = queued()
    fixed = [issue["aircraft"] for issue in email.context["resolved"]]
    assert fixed == ["2026-11-15", "2026-11-21"]


def test_late_question_about_a_report_is_not_next_weeks() -> None:
    report(utc("2026-11-01T00:00").date(), member("Ann"))
    run("notify_late_sprs", "2026-11-23T03:00", "--on-schedule")  # due on the 16th
    run("notify_late_sprs", "2026-11-23T10:00", "--on-schedule")
    assert [email.context["days_overdue"] for email in queued()] == [22, 22]
