"""The club's jobs about training and maintenance."""

from datetime import timedelta
from typing import Any

import pytest

from postroom.web.jobs.models import JobRun
from postroom.web.systems.club.models import MaintenanceIssue, Member
from tests.support.job_runs import TODAY, queued, recipients, run_job
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.club_records import Role, member, report

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def leaders() -> dict[str, Member]:
    """One member for each office."""
    offices = {
        "chief": Role.CHIEF_INSTRUCTOR,
        "board": Role.BOARD,
        "leader": Role.LEADERSHIP,
        "officer": Role.DUTY_OFFICER,
    }
    return {name: member(name, role) for name, role in offices.items()}


@pytest.mark.parametrize(
    ("days", "step", "copies"),
    [
        (6, None, []),
        (7, "friendly", []),
        (13, "friendly", []),
        (14, "gentle", ["super"]),
        (20, "gentle", ["super"]),
        (21, "firm", ["chief", "super"]),
        (24, "firm", ["chief", "super"]),
        (25, "urgent", ["board", "chief", "super"]),
        (29, "urgent", ["board", "chief", "super"]),
        (30, "final", ["board", "chief", "leader", "super"]),
        (99, "final", ["board", "chief", "leader", "super"]),
    ],
)
@pytest.mark.usefixtures("leaders")
def test_late_report_escalates_by_age(days: int, step: str | None, copies: list[str]) -> None:
    report(TODAY - days * DAY, member("Zoe", Role.INSTRUCTOR), supervisor=member("super"))
    run_job("notify_late_sprs")
    if step is None:
        assert queued() == []
        return
    (email,) = queued()
    assert recipients(email) == ["zoe@example.org"]
    assert recipients(email, "cc") == [f"{name}@example.org" for name in copies]
    assert email.context["step"] == step
    assert str(days) in shipped_renderer().render("club/late_spr", email.context).text


def test_each_person_stands_once_in_a_mail() -> None:
    chief = member("Chief", Role.INSTRUCTOR, Role.CHIEF_INSTRUCTOR, Role.BOARD, Role.LEADERSHIP)
    both = member("Both", Role.BOARD, Role.LEADERSHIP, email="BOTH@example.org")
    member("Twin", Role.BOARD, email="both@example.org")
    report(TODAY - 40 * DAY, chief, supervisor=both)
    run_job("notify_late_sprs")
    (email,) = queued()
    everyone = [address.casefold() for address in recipients(email) + recipients(email, "cc")]
    assert everyone == ["chief@example.org", "both@example.org"]


def test_one_mailbox_in_two_spellings_is_one_and_two_domains_are_two() -> None:
    member("Sharp", Role.BOARD, email="office@straße.example")
    member("Double", Role.BOARD, email="office@strasse.example")
    member("Coded", Role.BOARD, email="office@xn--strae-oqa.example")
    report(TODAY - 40 * DAY, member("Zoe", Role.INSTRUCTOR), supervisor=member("super"))
    run_job("notify_late_sprs")
    (email,) = queued()
    assert {"office@straße.example", "office@strasse.example"} <= set(recipients(email, "cc"))
    assert not any("xn--" in address for address in recipients(email, "cc"))


def test_instructor_who_is_the_supervisor_too_is_promised_no_copy() -> None:
    zoe = member("Zoe", Role.INSTRUCTOR)
    report(TODAY - 15 * DAY, zoe, supervisor=zoe)
    run_job("notify_late_sprs")
    (email,) = queued()
    assert (recipients(email, "cc"), email.context["copies"]) == ([], [])


def test_submitted_reports_are_left_alone() -> None:
    report(TODAY - 40 * DAY, member("Zoe"), submitted_on=TODAY)
    run_job("notify_late_sprs")
    assert queued() == []


def test_reports_are_asked_for_once_a_week() -> None:
    report(TODAY - 8 * DAY, member("Zoe"))
    for days in (0, 0, 1, 7, 8):  # a Sunday, the week after, and the Monday after that
        run_job("notify_late_sprs", today=TODAY + days * DAY)
    assert [email.context["days_overdue"] for email in queued()] == [8, 9, 16]


def test_missing_people_are_counted_and_stop_nothing() -> None:
    report(TODAY - 8 * DAY, None)
    report(TODAY - 15 * DAY, member("Zoe"), supervisor=None)
    report(TODAY - 15 * DAY, member("Ben", email=""), supervisor=member("super"))
    report(TODAY - 15 * DAY, member("Eva"), supervisor=member("gone", active=False))
    run_job("notify_late_sprs")
    reported = [["zoe@example.org"], ["super@example.org"], ["eva@example.org"]]
    assert [recipients(email) for email in queued()] == reported
    assert all(recipients(email, "cc") == [] for email in queued())
    run = JobRun.objects.get()
    assert (run.status, run.found, run.queued, run.skipped) == ("completed", 4, 3, 4)


def test_report_nobody_can_be_asked_for_reaches_those_in_copy_once() -> None:
    for role in (Role.CHIEF_INSTRUCTOR, Role.BOARD, Role.LEADERSHIP):
        member(role.value, role)
    report(TODAY - 31 * DAY, member("Ben", active=False))
    report(TODAY - 8 * DAY, None)
    for _ in range(2):
        run_job("notify_late_sprs")
    (email,) = queued()
    leaders = [f"{name}@example.org" for name in ("board", "chief_instructor", "leadership")]
    assert (recipients(email), recipients(email, "cc")) == (leaders, [])
    assert email.subject == "Nobody to ask: the progress report for Student is 31 days late"
    text = shipped_renderer().render(email.template_path, email.context).text
    assert "Ben has left the club" in text
    assert "Dear" not in text


def test_bad_address_of_one_leader_stops_no_reminder() -> None:
    member("Good", Role.BOARD)
    member("Bad", Role.BOARD, email="not an address")
    report(TODAY - 26 * DAY, member("Zoe"), supervisor=member("super"))
    run_job("notify_late_sprs")
    (email,) = queued()
    assert recipients(email, "cc") == ["good@example.org", "super@example.org"]
    assert JobRun.objects.get().skipped == 1


@pytest.mark.parametrize("days", [15, 22, 26, 31])
def test_mail_promises_a_copy_only_to_those_who_get_one(days: int) -> None:
    report(TODAY - days * DAY, member("Zoe"), supervisor=member("gone", active=False))
    run_job("notify_late_sprs")
    (alone,) = queued()
    text = shipped_renderer().render(alone.template_path, alone.context).text
    assert "copy" not in text
    assert "leadership" not in text
    for role in (Role.CHIEF_INSTRUCTOR, Role.BOARD, Role.LEADERSHIP):
        member(role.value, role)
    run_job("notify_late_sprs", today=TODAY + 7 * DAY)
    text = shipped_renderer().render(alone.template_path, queued()[-1].context).text
    assert "copy" in text or "leadership" in text


def make_issue(aircraft: str, reported: int, resolved: int | None = None, **fields: bool) -> None:
    MaintenanceIssue.objects.create(
        aircraft=aircraft,
        description="Worn",
        reported_on=TODAY - reported * DAY,
        resolved_on=None if resolved is None else TODAY - resolved * DAY,
        **fields,
    )


def test_maintenance_team_gets_what_is_open_and_what_was_fixed_this_week() -> None:
    for name, roles in (("Kim", [Role.MAINTENANCE]), ("Lee", [Role.MAINTENANCE, Role.BOARD])):
        member(name, *roles)
    member("Chair", Role.BOARD)
    make_issue("G-OLD", 30)
    make_issue("G-NEW", 7)
    make_issue("G-BAD", 8, grounded=True)
    make_issue("G-DONE", 20, resolved=7)
    make_issue("G-LONG", 20, resolved=8)
    for _ in range(2):
        run_job("send_maintenance_digest")
    kim, lee = queued()
    assert (recipients(kim), recipients(lee)) == (["kim@example.org"], ["lee@example.org"])
    assert [i["aircraft"] for i in kim.context["open"]] == ["G-BAD", "G-OLD", "G-NEW"]
    assert [i["is_new"] for i in kim.context["open"]] == [False, False, True]
    assert [i["aircraft"] for i in kim.context["resolved"]] == ["G-DONE"]
    assert kim.subject == "Maintenance this week: 3 open, 1 grounding, 1 fixed"


def test_digest_that_comes_late_does_not_count_as_next_sundays() -> None:
    member("Kim", Role.MAINTENANCE)
    make_issue("G-OLD", 30)
    for days in (1, 6, 7, 8):
        run_job("send_maintenance_digest", today=TODAY + days * DAY)
    assert len(queued()) == 2


def test_each_fix_and_each_new_issue_is_in_one_digest_whatever_its_day() -> None:
    member("Kim", Role.MAINTENANCE)
    for days in range(-7, 8):  # of the digest's day, before 09:00 or after: a date does not say
        make_issue(f"fixed {days}", 30, resolved=days)
    for weeks in (0, 1):
        run_job("send_maintenance_digest", today=TODAY + 7 * weeks * DAY)
    one, other = ([i["aircraft"] for i in mail.context["resolved"]] for mail in queued())
    assert one == [f"fixed {days}" for days in range(7, 0, -1)]
    assert other == [f"fixed {days}" for days in range(0, -7, -1)]


def test_issue_reported_after_a_digest_is_new_in_the_next() -> None:
    member("Kim", Role.MAINTENANCE)
    run_job("send_maintenance_digest")
    make_issue("G-LATE", 0)
    run_job("send_maintenance_digest", today=TODAY + 7 * DAY)
    (email,) = queued()
    assert [i["is_new"] for i in email.context["open"]] == [True]


def test_nothing_open_and_nothing_fixed_makes_no_digest() -> None:
    member("Kim", Role.MAINTENANCE)
    make_issue("G-LONG", 20, resolved=8)
    run_job("send_maintenance_digest")
    assert queued() == []


def test_digest_without_a_team_is_counted() -> None:
    make_issue("G-OLD", 30)
    run_job("send_maintenance_digest")
    assert JobRun.objects.get().skipped == 1


def test_instructor_who_is_also_the_supervisor_is_promised_no_copy() -> None:
    zoe = member("Zoe", Role.CHIEF_INSTRUCTOR)
    report(TODAY - 22 * DAY, zoe, supervisor=zoe)
    run_job("notify_late_sprs")
    (email,) = queued()
    text = shipped_renderer().render(email.template_path, email.context).text
    assert "copy" not in text
    assert email.reply_to != ["zoe@example.org"]


def test_reply_to_a_late_report_reaches_who_can_help(settings: Any) -> None:
    settings.CONTACT_EMAIL = "office@example.org"
    settings.SITE_URL = "https://club.example.org"
    member("chief", Role.CHIEF_INSTRUCTOR)
    for days in (8, 15, 22):
        report(TODAY - days * DAY, member(f"Zoe{days}"), supervisor=member(f"super{days}"))
    run_job("notify_late_sprs")
    oldest, older, newest = queued()
    assert oldest.reply_to == ["chief@example.org"]
    assert older.reply_to == ["super15@example.org"]
    assert newest.reply_to == ["office@example.org"]
    assert oldest.context["url"].startswith("https://club.example.org/admin/postroom_club/stud")


def test_letter_counts_days_as_they_are() -> None:
    report(TODAY - 20 * DAY, member("Zoe"), supervisor=member("super"))
    run_job("notify_late_sprs")
    (email,) = queued()
    assert email.subject == "Reminder: the progress report for Student is 20 days late"
    assert "two weeks" not in shipped_renderer().render("club/late_spr", email.context).text


def test_german_site_writes_german_letters(settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    report(TODAY - 20 * DAY, member("Zoe"))
    member("Kim", Role.MAINTENANCE)
    make_issue("G-OLD", 30)
    run_job("notify_late_sprs")
    run_job("send_maintenance_digest")
    late, digest = queued()
    assert (late.language, digest.language) == ("de", "de")
    assert late.context["due_date"] == "2. November 2026"
    assert (late.list_id, digest.list_id) == ("", "club.maintenance")
