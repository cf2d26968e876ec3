"""The agreements' jobs, from the command to the rows of the queue."""

from datetime import date, timedelta
from typing import Any

import pytest

from postroom.web.jobs.models import JobRun
from postroom.web.systems.agreements.models import MOU, MOUEvent
from tests.support.job_runs import TODAY, queued, recipients, run_job, table_counts
from tests.support.shipped_templates import shipped_renderer

pytestmark = pytest.mark.django_db
JOBS = ("send_monthly_mou_emails", "send_expiry_warnings", "send_weekly_summary")
PARTNER, STAFF = "partner@example.org", "staff@example.org"


def make_mou(ends_in: int = 100, **fields: Any) -> MOU:
    values = {
        "title": "Student exchange",
        "organization": "Riverside University",
        "start_date": TODAY - timedelta(days=300),
        "end_date": TODAY + timedelta(days=ends_in),
        "mou_coordinator_email": PARTNER,
        "staff_coordinator_email": STAFF,
    }
    return MOU.objects.create(**values | fields)


def last_run() -> JobRun:
    return JobRun.objects.latest("id")


@pytest.mark.parametrize("job", JOBS)
def test_empty_table_sends_nothing(job: str) -> None:
    run_job(job)
    assert queued() == []
    assert (last_run().status, last_run().found) == ("completed", 0)


def test_both_coordinators_get_the_monthly_mail() -> None:
    mou = make_mou()
    run_job("send_monthly_mou_emails")
    assert [recipients(email) for email in queued()] == [[PARTNER], [STAFF]]
    assert {e.related_model_id for e in queued("agreements.monthly")} == {f"mou:{mou.pk}"}


@pytest.mark.parametrize(("ends_in", "mails"), [(-1, 0), (0, 2), (1, 2), (400, 2)])
def test_agreement_is_reminded_of_up_to_its_last_day(ends_in: int, mails: int) -> None:
    make_mou(ends_in)
    run_job("send_monthly_mou_emails")
    assert len(queued()) == mails


def test_one_person_who_is_both_coordinators_gets_one_mail() -> None:
    make_mou(mou_coordinator_email="Staff@Example.org")
    run_job("send_monthly_mou_emails")
    assert len(queued()) == 1


def test_missing_addresses_are_counted_and_stop_nothing() -> None:
    make_mou(mou_coordinator_email="", staff_coordinator_email="")
    make_mou(mou_coordinator_email="")
    run_job("send_monthly_mou_emails")
    assert [recipients(email) for email in queued()] == [[STAFF]]
    run = last_run()
    assert (run.status, run.found, run.queued, run.skipped) == ("completed", 2, 1, 1)


def test_a_month_is_reminded_of_once_whatever_is_rerun() -> None:
    mou = make_mou(400)
    run_job("send_monthly_mou_emails", today=date(2026, 11, 1))
    mou.title = "Renamed"
    mou.save()
    for day in (1, 2, 30):
        run_job("send_monthly_mou_emails", today=date(2026, 11, day))
    assert len(queued()) == 2
    assert last_run().already_sent == 2
    run_job("send_monthly_mou_emails", today=date(2026, 12, 1))
    assert len(queued()) == 4


def test_monthly_mail_tells_everything_about_the_agreement() -> None:
    mou = make_mou(16, title="Summer school", organization="Hill College")
    for title, days, status in (
        ("Joint seminar", -2, "pending"),
        ("Budget", 5, "pending"),
        ("Kick-off", -90, "completed"),
    ):
        day = TODAY + timedelta(days=days)
        MOUEvent.objects.create(mou=mou, title=title, date=day, status=status)
    run_job("send_monthly_mou_emails")
    email = queued()[0]
    content = shipped_renderer().render(email.template_path, email.context)
    assert email.subject == "Expires in 16 days: Summer school"
    for words in (
        "expires in 16 days, on 8 December 2026",
        "Organisation  Hill College",
        "Status        Expires soon",
        "Expiry date   8 December 2026",
        "Days left     16",
        "3 in total: 1 completed, 2 pending",
        "* Joint seminar, 20 November 2026 (overdue)",
        "* Budget, 27 November 2026",
    ):
        assert words in content.text
    assert "Kick-off" not in content.text


def test_no_warning_beyond_thirty_days() -> None:
    make_mou(31)
    run_job("send_monthly_mou_emails")
    content = shipped_renderer().render("agreements/monthly", queued()[0].context)
    assert "expires in" not in content.text


@pytest.mark.parametrize("job", JOBS)
def test_dry_run_shows_who_would_get_what_and_writes_nothing(job: str) -> None:
    make_mou(10)
    before = table_counts()
    shown = run_job(job, "--dry-run")
    assert table_counts() == before
    run_job(job)
    assert queued()
    for email in queued():
        assert any(
            recipients(email)[0] in line and email.subject in line for line in shown.splitlines()
        )


def test_expiry_is_warned_of_once_a_step() -> None:
    mou = make_mou(31, mou_coordinator_email="")
    sent = []
    for day in range(33):
        before = len(queued())
        for _ in range(2):
            run_job("send_expiry_warnings", today=TODAY + timedelta(days=day))
        sent += [(mou.end_date - TODAY).days - day] * (len(queued()) - before)
    assert sent == [30, 14, 7, 1]


def test_a_missed_day_of_warnings_is_made_up_for() -> None:
    make_mou(31, mou_coordinator_email="")
    run_job("send_expiry_warnings", today=TODAY + timedelta(days=5))
    assert queued()[0].subject.startswith("Expires in 26 days: ")


def test_a_renewed_agreement_is_warned_of_again() -> None:
    mou = make_mou(10, mou_coordinator_email="")
    run_job("send_expiry_warnings")
    mou.end_date += timedelta(days=365)
    mou.save()
    run_job("send_expiry_warnings", today=TODAY + timedelta(days=365))
    assert len(queued()) == 2


def test_each_staff_coordinator_gets_one_weekly_summary_about_all_their_agreements() -> None:
    ours = make_mou(20, title="Ours")
    make_mou(200, title="Also ours", staff_coordinator_email=STAFF.upper())
    make_mou(20, title="Theirs", staff_coordinator_email="other@example.org")
    make_mou(20, title="Not begun", start_date=TODAY + timedelta(days=1))
    make_mou(200, title="Nothing to say", staff_coordinator_email="calm@example.org")
    make_mou(-1, title="Over", staff_coordinator_email="gone@example.org")
    make_mou(200, title="Nobody's", staff_coordinator_email="")
    for title, days in (("Late", -3), ("Soon", 14), ("Later", 15)):
        MOUEvent.objects.create(mou=ours, title=title, date=TODAY + timedelta(days=days))
    for _ in range(2):
        run_job("send_weekly_summary")
    other, staff = sorted(queued(), key=recipients)
    assert (recipients(other), recipients(staff)) == (["other@example.org"], [STAFF])
    assert (other.context["total"], staff.context["total"]) == (1, 2)
    assert [mou["ends"] for mou in staff.context["expiring"]] == ["in 20 days"]
    assert [(e["title"], e["overdue"]) for e in staff.context["due"]] == [
        ("Late", True),
        ("Soon", False),
    ]


def test_weekly_summary_comes_again_next_week() -> None:
    MOUEvent.objects.create(mou=make_mou(), title="Late", date=TODAY)
    for days in (0, 1, 8):
        run_job("send_weekly_summary", today=TODAY + timedelta(days=days))
    assert len(queued()) == 3  # Sunday, and two Mondays


def test_a_month_is_sent_again_on_purpose() -> None:
    make_mou()
    for _ in range(2):
        run_job("send_monthly_mou_emails")
        run_job("send_monthly_mou_emails", "--again")
    assert len(queued("agreements.monthly")) == 4


def test_bad_address_fails_alone() -> None:
    make_mou(staff_coordinator_email="not an address")
    with pytest.raises(Exception, match="failed 1"):
        run_job("send_monthly_mou_emails")
    assert [recipients(email) for email in queued()] == [[PARTNER]]
    assert (last_run().status, last_run().failed) == ("partial", 1)


@pytest.mark.parametrize(
    ("one", "other", "mails"),
    [
        ("office@straße.example", "office@strasse.example", 2),
        ("office@straße.example", "Office@XN--STRAE-OQA.example", 1),
        ("jörg@example.org", " jörg@EXAMPLE.org", 1),
        ("root@localhost", "root@mailhost", 2),
    ],
)
def test_two_spellings_are_one_coordinator_and_two_addresses_are_two(
    one: str, other: str, mails: int
) -> None:
    make_mou(20, mou_coordinator_email=one, staff_coordinator_email=other)
    run_job("send_monthly_mou_emails")
    assert len(queued()) == mails
    make_mou(20, title="Another", staff_coordinator_email=one)
    run_job("send_weekly_summary")
    assert len(queued("agreements.weekly_summary")) == mails


def test_each_coordinator_is_led_to_what_exists_for_them(settings: Any) -> None:
    settings.SITE_URL = "https://club.example.org"
    mou = make_mou(16)
    run_job("send_expiry_warnings")
    partner, staff = queued()
    page = f"https://club.example.org/admin/postroom_agreements/mou/{mou.pk}/change/"
    assert (staff.context["url"], partner.context["url"]) == (page, "")
    assert (staff.reply_to, partner.reply_to) == ([PARTNER], [STAFF])
    assert STAFF in shipped_renderer().render(partner.template_path, partner.context).text


def test_reply_goes_to_nobody_who_cannot_read_it(settings: Any) -> None:
    settings.CONTACT_EMAIL = "office@example.org"
    make_mou(200, staff_coordinator_email="")
    run_job("send_monthly_mou_emails")
    assert queued()[0].reply_to == ["office@example.org"]


def test_recurring_mails_are_on_a_list_and_warnings_are_not() -> None:
    make_mou(16, mou_coordinator_email="")
    make_mou(200, mou_coordinator_email="")
    for job in JOBS:
        run_job(job)
    lists = {email.email_type: email.list_id for email in queued()}
    assert lists == {
        "agreements.monthly": "agreements.monthly",
        "agreements.weekly_summary": "agreements.weekly",
    } | ({"agreements.expiry_warning": ""} if "agreements.expiry_warning" in lists else {})


def test_german_site_writes_german(settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    make_mou(16, mou_coordinator_email="")
    make_mou(400, mou_coordinator_email="", start_date=TODAY + timedelta(days=30))
    run_job("send_monthly_mou_emails")
    run_job("send_weekly_summary")
    soon, upcoming, weekly = queued()
    assert {email.language for email in queued()} == {"de"}
    assert soon.context["ends"] == "in 16 Tagen"
    assert soon.context["expiry_date"] == "8. Dezember 2026"
    assert upcoming.context["status"] == "Noch nicht in Kraft"
    assert weekly.context["total"] == 1
