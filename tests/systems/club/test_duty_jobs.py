"""The club's jobs about duty: logsheets, tomorrow's crew, ad-hoc days, and who does none."""

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun
from postroom.web.systems.club.models import (
    AdHocDay,
    DutyAssignment,
    Flight,
    MaintenanceIssue,
    Member,
)
from tests.support.job_runs import TODAY, queued, recipients, run_job
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.club_records import Duty, Role, logsheet, member

pytestmark = pytest.mark.django_db
TOMORROW = TODAY + timedelta(days=1)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def text_of(email: EmailQueue) -> str:
    return shipped_renderer().render(email.template_path, email.context).text


@pytest.mark.parametrize(("age", "mails"), [(0, 0), (6, 0), (7, 1), (8, 1), (400, 1)])
def test_logsheet_ages_after_seven_days(age: int, mails: int) -> None:
    logsheet(ago(age), member("Ann"))
    run_job("notify_aging_logsheets")
    assert len(queued()) == mails


def test_each_duty_officer_gets_one_mail_about_all_their_open_logsheets() -> None:
    ann, ben = member("Ann"), member("Ben")
    newer, _older = logsheet(ago(8), ann), logsheet(ago(16), ann)
    logsheet(ago(9), ben)
    logsheet(ago(9), ben, final=True)
    Flight.objects.create(logsheet=newer, pilot=ben, aircraft="G-TUGS", minutes=20)
    run_job("notify_aging_logsheets")
    first, second = queued()
    assert (recipients(first), recipients(second)) == (["ann@example.org"], ["ben@example.org"])
    assert "Fri 6 Nov 2026   Riverside, 0 flights, 16 days old" in text_of(first)
    assert "Sat 14 Nov 2026  Riverside, 1 flight, 8 days old" in text_of(first)
    assert second.context["count"] == 1


def test_logsheets_without_anybody_to_tell_are_counted() -> None:
    logsheet(ago(9))
    logsheet(ago(9), member("Ann", email=""))
    logsheet(ago(9), member("Ben", active=False))
    logsheet(ago(9), member("Eva"))
    run_job("notify_aging_logsheets")
    run = JobRun.objects.get()
    assert (run.status, run.found, run.queued, run.skipped) == ("completed", 4, 1, 3)


def test_logsheets_are_asked_for_once_a_day() -> None:
    logsheet(ago(9), member("Ann"))
    for day in (TODAY, TODAY, TOMORROW):
        run_job("notify_aging_logsheets", today=day)
    assert len(queued()) == 2


def test_tomorrows_duty_officers_get_crew_and_grounded_aircraft() -> None:
    ann, ben = member("Ann"), member("Ben")
    for day, duty, who in (
        (TOMORROW, Duty.DUTY_OFFICER, ann),
        (TOMORROW, Duty.TOW_PILOT, ben),
        (TOMORROW, Duty.INSTRUCTOR, None),
        (TODAY, Duty.DUTY_OFFICER, ben),
        (TOMORROW + timedelta(days=1), Duty.DUTY_OFFICER, ben),
    ):
        DutyAssignment.objects.create(date=day, duty=duty, member=who)
    for aircraft, grounded, resolved in (("G-BAD", True, None), ("G-OK", True, TODAY)):
        MaintenanceIssue.objects.create(
            aircraft=aircraft, description="Brake", grounded=grounded, reported_on=ago(3),
            resolved_on=resolved,
        )  # fmt: skip
    for _ in range(2):
        run_job("send_duty_preop_emails")
    (email,) = queued()
    assert recipients(email) == ["ann@example.org"]
    assert email.subject == "You are duty officer tomorrow, Monday 23 November 2026"
    text = text_of(email)
    assert "Tow pilot     Ben" in text
    assert "Instructor    nobody yet" in text
    assert "G-BAD: Brake" in text
    assert "G-OK" not in text


def test_a_crew_without_a_duty_officer_is_counted() -> None:
    DutyAssignment.objects.create(date=TOMORROW, duty=Duty.TOW_PILOT, member=member("Ben"))
    DutyAssignment.objects.create(date=TOMORROW + timedelta(days=1), duty=Duty.DUTY_OFFICER)
    run_job("send_duty_preop_emails")
    run_job("send_duty_preop_emails", today=TOMORROW)
    assert queued() == []
    assert [run.skipped for run in JobRun.objects.all()] == [1, 1]


@pytest.mark.parametrize(("status", "mails"), [("expired", 0), ("confirmed", 1)])
def test_duty_officer_of_a_day_that_has_expired_need_not_come(status: str, mails: int) -> None:
    DutyAssignment.objects.create(date=TOMORROW, duty=Duty.DUTY_OFFICER, member=member("Ann"))
    AdHocDay.objects.create(date=TOMORROW, status=status)
    run_job("send_duty_preop_emails")
    assert (len(queued()), JobRun.objects.get().skipped) == (mails, 1 - mails)


@pytest.mark.parametrize(
    ("in_days", "status", "after"),
    [
        (1, "unconfirmed", "expired"),
        (1, "confirmed", "confirmed"),
        (0, "unconfirmed", "unconfirmed"),
        (2, "unconfirmed", "unconfirmed"),
    ],
)
def test_only_tomorrows_unconfirmed_day_expires(in_days: int, status: str, after: str) -> None:
    day = AdHocDay.objects.create(
        date=TODAY + timedelta(days=in_days), status=status, proposed_by=member("Ann")
    )
    run_job("expire_ad_hoc_days")
    day.refresh_from_db()
    assert day.status == after
    assert len(queued()) == (after == "expired")
    assert JobRun.objects.get().changed == (after == "expired")


def test_day_that_passed_while_nothing_ran_expires_without_an_email() -> None:
    for days in (1, 3):
        AdHocDay.objects.create(date=ago(days), proposed_by=member(f"Ann{days}"))
    run_job("expire_ad_hoc_days")
    assert {day.status for day in AdHocDay.objects.all()} == {"expired"}
    assert queued() == []
    assert JobRun.objects.get().changed == 2


def test_logsheets_that_nobody_answers_for_go_to_the_duty_officer_of_the_day() -> None:
    for officer in (None, member("Gone", active=False), member("Mute", email="")):
        logsheet(ago(9), officer)
    logsheet(ago(10), member("Eva"))
    today = member("Today")
    logsheet(ago(11), today)
    DutyAssignment.objects.create(date=TODAY, duty=Duty.DUTY_OFFICER, member=today)
    member("Fallback", Role.DUTY_FALLBACK)
    for _ in range(2):
        run_job("notify_aging_logsheets")
    found = [(recipients(email)[0], email.context["count"]) for email in queued()]
    assert sorted(found) == [
        ("eva@example.org", 1),
        ("today@example.org", 1),
        ("today@example.org", 3),
    ]
    run = JobRun.objects.earliest("pk")
    assert (run.found, run.queued, run.skipped) == (5, 3, 0)


def test_logsheets_go_to_the_fall_back_where_nobody_is_on_duty() -> None:
    logsheet(ago(9))
    DutyAssignment.objects.create(date=TODAY, duty=Duty.DUTY_OFFICER)
    DutyAssignment.objects.create(
        date=TODAY, duty=Duty.DUTY_OFFICER, member=member("Left", active=False)
    )
    member("Fallback", Role.DUTY_FALLBACK)
    run_job("notify_aging_logsheets")
    assert [recipients(email) for email in queued()] == [["fallback@example.org"]]


def test_everybody_concerned_by_an_expired_day_is_told_once() -> None:
    ann, ben, eva = member("Ann"), member("Ben"), member("Eva")
    gone, same = member("Gone", active=False), member("Same", email="ANN@example.org")
    day = AdHocDay.objects.create(date=TOMORROW, proposed_by=ann, note="Wave")
    day.interested.set([ann, ben, gone, same])
    DutyAssignment.objects.create(date=TOMORROW, duty=Duty.TOW_PILOT, member=eva)
    DutyAssignment.objects.create(date=TOMORROW, duty=Duty.INSTRUCTOR)
    for _ in range(2):
        run_job("expire_ad_hoc_days")
    reported = [recipients(email)[0] for email in queued()]
    assert reported == ["ann@example.org", "ben@example.org", "eva@example.org"]
    assert "Proposed by  Ann" in text_of(queued()[0])


def make_pilots() -> dict[str, Member]:
    """Who flies and does no duty, and others who do less or more."""
    flown = {"Idle": 2, "Busy": 5, "Rare": 1, "Gone": 9, "Ground": 0}
    people = {name: member(name, active=name != "Gone") for name in flown}
    sheet, early = logsheet(ago(100), final=True), logsheet(date(2025, 11, 21), final=True)
    for name, flights in flown.items():
        for place in [sheet] * flights + [early] * 3:
            Flight.objects.create(logsheet=place, pilot=people[name], aircraft="G-X", minutes=9)
    DutyAssignment.objects.create(date=ago(50), duty=Duty.TOW_PILOT, member=people["Busy"])
    for day in (date(2025, 11, 21), TOMORROW):
        DutyAssignment.objects.create(date=day, duty=Duty.TOW_PILOT, member=people["Idle"])
    return people


def test_members_who_fly_without_duty_are_reported_to_board_and_duty_officers() -> None:
    make_pilots()
    member("Chair", Role.BOARD, Role.DUTY_OFFICER)
    member("Officer", Role.DUTY_OFFICER)
    member("Left", Role.BOARD, active=False)
    member("Mechanic", Role.MAINTENANCE)
    for _ in range(2):
        run_job("report_duty_delinquents")
    reported = [recipients(email)[0] for email in queued()]
    assert reported == ["chair@example.org", "officer@example.org"]
    for email in queued():
        assert [m["name"] for m in email.context["members"]] == ["Idle", "Rare"]
        (attachment,) = email.attachments.all()
        table = bytes(attachment.blob.content).decode("utf-8-sig")
        assert list(csv.reader(StringIO(table))) == [
            ["Member", "Flights"],
            ["Idle", "2"],
            ["Rare", "1"],
        ]


def test_span_and_number_of_flights_can_be_chosen() -> None:
    make_pilots()
    member("Chair", Role.BOARD)
    run_job("report_duty_delinquents")
    run_job("report_duty_delinquents", "--min-flights=2")
    run_job("report_duty_delinquents", "--lookback-months=3", today=date(2026, 12, 1))
    run_job("report_duty_delinquents", "--lookback-months=13", today=date(2027, 1, 1))
    names = [[m["name"] for m in email.context["members"]] for email in queued()]
    assert names == [["Idle", "Rare"], ["Idle"], ["Rare"]]


@pytest.mark.parametrize("option", ["--lookback-months", "--min-flights"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "1201"])
def test_impossible_numbers_are_refused(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=option):
        run_job("report_duty_delinquents", f"{option}={value}")
    assert not JobRun.objects.exists()
