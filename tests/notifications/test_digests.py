"""What waits comes together: once a day, or within the hour when it was over a limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError
from django.db import transaction
from django.utils import timezone, translation

from postroom.web.emails.lists.subscriptions import name_of
from postroom.web.jobs.models import JobRun
from postroom.web.notifications import registry
from postroom.web.notifications.models import How, PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.wishes import pending, preferences
from tests.notifications.test_preferences import KIND, _site, ann, digests, move, wants
from tests.support.job_runs import queued, recipients, run_job
from tests.support.queued_notices import steps
from tests.support.sample_records.models import Parcel
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.tracker_records import epic_of, person

__all__ = ["_site", "ann"]  # fixtures

pytestmark = pytest.mark.django_db


def test_daily_digest_loses_nothing_and_bundles_each_item(ann: User) -> None:
    wants(ann, How.DAILY)
    first, second = epic_of(ann, person("ben")), epic_of(ann, None, title="<b>Second</b>")
    move(first, "in_progress", "blocked", "done")
    move(second, "done")
    assert [recipients(email) for email in queued()] == [["ben@example.org"]] * 3
    assert PendingNotice.objects.count() == 4
    digests()
    (email,) = queued("notices.digest")
    assert recipients(email) == [ann.email]
    lines = [(i["title"], i["old"], i["new"], i["times"]) for i in email.context["items"]]
    assert lines == [("Passkeys", "To do", "Done", 3), ("<b>Second</b>", "To do", "Done", 1)]
    assert email.context["changes"] == 4
    assert email.headers["List-Unsubscribe"]
    assert (email.task, email.task_run) == ("send_notice_digests", JobRun.objects.get().pk)
    content = shipped_renderer().render(email.template_path, email.context)
    assert content.subject.startswith("4 changes: ")
    assert "To do → Done, in 3 changes" in content.text
    assert not PendingNotice.objects.exists()
    digests()
    assert len(queued("notices.digest")) == 1


def test_replies_to_a_digest_go_to_the_contact(ann: User, settings: Any) -> None:
    settings.CONTACT_EMAIL = "Office <office@example.org>"
    wants(ann, How.DAILY)
    move(epic_of(ann, None), "done")
    digests()
    (email,) = queued("notices.digest")
    assert email.reply_to == ["Office <office@example.org>"]


def test_rolled_back_change_is_in_no_digest(ann: User) -> None:
    wants(ann, How.DAILY)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        move(epic_of(ann, None), "done")
        raise ZeroDivisionError
    assert not PendingNotice.objects.exists()


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Europe/Berlin", "2026-11-23 05:59", "2026-11-23 06:00"),
        ("Europe/Berlin", "2026-11-23 06:00", "2026-11-24 06:00"),
        ("Asia/Kathmandu", "2026-11-23 00:00", "2026-11-23 01:15"),
        ("Europe/Berlin", "2026-10-24 12:00", "2026-10-25 06:00"),  # clocks went back that night
        ("Nowhere/Town", "2026-11-23 05:00", "2026-11-23 07:00"),
        ("", "2026-11-23 07:30", "2026-11-24 07:00"),
    ],
)
def test_digest_is_due_in_the_morning_of_its_reader(zone: str, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = preferences.next_digest(zone, moment).astimezone(UTC)
    assert f"{found:%Y-%m-%d %H:%M}" == due


def test_what_is_over_a_limit_comes_together_within_the_hour(ann: User, settings: Any) -> None:
    settings.NOTICES_PER_PERSON_HOUR = 2
    epic, other = epic_of(ann, None), epic_of(ann, None, title="Other")
    move(epic, "in_progress", "blocked", "done", "todo")
    move(other, "done")
    assert steps() == [("To do", "In progress"), ("In progress", "Blocked")]
    digests(timezone.now() + timedelta(minutes=1))
    (email,) = queued("notices.digest")
    lines = [(i["title"], i["old"], i["new"], i["times"]) for i in email.context["items"]]
    assert lines == [("Passkeys", "Blocked", "To do", 2), ("Other", "To do", "Done", 1)]


def test_refused_digest_keeps_its_changes(ann: User, settings: Any) -> None:
    wants(ann, How.DAILY)
    move(epic_of(ann, None), "done")
    settings.EMAIL_MAX_CONTEXT_BYTES = 10
    with pytest.raises(CommandError):
        digests()
    assert PendingNotice.objects.count() == 1
    settings.EMAIL_MAX_CONTEXT_BYTES = 100_000
    User.objects.update(email="new@example.org")
    digests()
    assert [recipients(email) for email in queued("notices.digest")] == [["new@example.org"]]


def test_address_that_became_unusable_is_as_none(ann: User) -> None:
    wants(ann, How.DAILY)
    move(epic_of(ann, None), "done")
    User.objects.update(email="not an address")
    assert "skipped 1, failed 0" in digests()
    assert not PendingNotice.objects.exists()


def test_long_texts_are_cut_and_large_digests_are_several_emails(ann: User, settings: Any) -> None:
    settings.EMAIL_MAX_CONTEXT_BYTES = 40_000  # two lines of 8 kB are below half of it
    parcels = [
        Parcel.objects.create(name=str(n), contact=ann.email, due="2026-11-22") for n in range(6)
    ]
    kind, person = "sample_records.status_changed", Person(ann.email)
    preferences.choose(kind, person, How.DAILY)
    facts = dict.fromkeys(("old", "new", "title", "changed_by"), "🎉" * 6000)
    rows = [
        pending.keep(
            person,
            kind,
            registry.Change(parcel, "note", "", "", None, timezone.now()),
            {"kind": "Parcel", "field": "Note", "changed_at": "", "url": "", **facts},
            timezone.now(),
        )
        for parcel in parcels
    ]
    assert {len(row.facts["new"]) for row in rows} == {pending.LONGEST}
    PendingNotice.objects.bulk_create(rows)
    digests()
    assert [email.context["changes"] for email in queued("notices.digest")] == [2, 2, 2]
    assert not PendingNotice.objects.exists()


def test_dry_run_shows_the_digests_and_writes_nothing(ann: User) -> None:
    wants(ann, How.DAILY)
    move(epic_of(ann, None), "done")
    PendingNotice.objects.update(due_at=timezone.now() - timedelta(days=400))
    shown = run_job("send_notice_digests", "--dry-run")
    assert "ann@example.org" in shown
    assert (PendingNotice.objects.count(), queued()) == (1, [])


def test_long_digests_are_several_emails() -> None:
    facts = {"old": "To do", "new": "Done", "changed_by": ""}
    rows = [
        PendingNotice(kind=KIND, app="tracker", item=f"task:{n}", field="status", facts=facts)
        for n in range(2 * pending.MOST_ITEMS + 1)
    ]
    parts = pending.parts(rows)
    assert [len(part) for part in parts] == [pending.MOST_ITEMS] * 2 + [1]
    assert [row for part in parts for row in part] == rows


def test_digest_is_in_the_language_of_the_site(ann: User, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    wants(ann, How.DAILY)
    epic = epic_of(ann, None)
    with translation.override("fr"):
        move(epic, "blocked")
    with translation.override("de"):
        move(epic, "done")
    digests()
    (email,) = queued("notices.digest")
    (line,) = email.context["items"]
    assert (line["field"], line["old"], line["new"]) == ("Status", "Zu erledigen", "Erledigt")
    assert email.language == "de"
    content = shipped_renderer().render(email.template_path, email.context, language="de")
    about = content.subject.removeprefix("2 Änderungen: ")
    assert about.startswith("Epics, ")
    assert about.endswith(", Aufgaben: Status")
    with translation.override("de"):
        assert name_of(email.list_id) == about
