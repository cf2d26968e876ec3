"""How people want their notices: at once, once a day, off; bundles of what is over a limit."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

from postroom.web.emails.lists.subscriptions import name_of
from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.jobs.models import JobRun
from postroom.web.notifications import registry
from postroom.web.notifications.models import How, NoticePreference, PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.wishes import links, pending, preferences
from postroom.web.notifications.wishes.limits import within_limits
from postroom.web.systems.tracker.models import Epic
from tests.support.job_runs import queued, recipients, run_job
from tests.support.queued_notices import steps
from tests.support.sample_records.models import Parcel
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.tracker_records import Api, epic_of, person

pytestmark = pytest.mark.django_db
KIND = "tracker.status_changed"
SITE = "https://www.example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


@pytest.fixture
def ann() -> User:
    return person("ann")


def move(epic: Epic, *states: str) -> None:
    for state in states:
        epic.status = state
        epic.save()


def digests(moment: datetime | None = None) -> str:
    """Run the job, by default after everything is due."""
    out = StringIO()
    later = timezone.now() + timedelta(days=2)
    call_command("send_notice_digests", now=moment or later, stdout=out)
    return out.getvalue()


def wants(user: User, how: How, zone: str | None = None) -> None:
    preferences.choose(KIND, Person(user.email, user), how, zone)


def test_each_email_has_the_link_and_the_buttons_of_mail_programs(ann: User) -> None:
    move(epic_of(ann, None), "done")
    (email,) = queued()
    link = email.context["preferences_url"]
    assert link.startswith(f"{SITE}/notices/")
    assert email.headers["List-Unsubscribe"] == f"<{link}>"
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email.list_id == "notices.tracker.status_changed"
    assert email.task == KIND


def test_one_click_turns_one_kind_off_for_one_person_and_stops_what_is_queued(
    ann: User, client: Client
) -> None:
    epic = epic_of(ann, person("ben"))
    move(epic, "done")
    strict = Client(enforce_csrf_checks=True)
    link = queued()[0].context["preferences_url"].removeprefix(SITE)
    assert strict.get(link).status_code == 200
    assert not NoticePreference.objects.exists()  # a mail scanner opens every link
    answer = strict.post(link, ONE_CLICK)
    assert answer.status_code == 200
    assert not answer.cookies
    stop = Suppression.objects.get()
    assert (stop.address, stop.list_id) == (ann.email, queued()[0].list_id)
    move(epic, "blocked")
    assert [recipients(email) for email in queued()[2:]] == [["ben@example.org"]]
    assert "At once" in strict.get(link).content.decode()
    assert strict.post(link, {"how": "now"}).status_code == 200
    assert not Suppression.objects.exists()
    move(epic, "done")
    assert len(queued()) == 5


def test_entry_of_the_suppression_list_made_elsewhere_counts_as_off(ann: User) -> None:
    list_id = preferences.list_id(KIND)
    Suppression.objects.create(address="Ann@Example.org", list_id=list_id)
    move(epic_of(ann, None), "done")
    assert queued() == []


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


def test_person_without_account_chooses_too() -> None:
    parcel = Parcel.objects.create(name="Books", contact="Ann@Example.org")
    parcel.state = "sent"
    parcel.save()
    link = EmailQueue.objects.get().context["preferences_url"].removeprefix(SITE)
    answer = Client().post(link, {"how": "daily", "timezone": "Asia/Tokyo"})
    assert answer.status_code == 200
    row = NoticePreference.objects.get()
    assert (row.user, row.address, row.how, row.timezone) == (
        None, "ann@example.org", "daily", "Asia/Tokyo",
    )  # fmt: skip
    parcel.state = "lost"
    parcel.save()
    assert (EmailQueue.objects.count(), PendingNotice.objects.count()) == (1, 1)
    assert Client().post(link, {"how": "off"}).status_code == 200
    assert not PendingNotice.objects.exists()


@pytest.mark.parametrize(
    "form", [{}, {"how": "weekly"}, {"how": "daily", "timezone": "../../etc/passwd"}]
)
def test_nonsense_is_refused_and_changes_nothing(ann: User, form: dict[str, str]) -> None:
    path, _ = links.of(KIND, Person(ann.email, ann))
    assert Client().post(path.removeprefix(SITE), form).status_code == 400
    assert not NoticePreference.objects.exists()


@pytest.mark.parametrize("signed_in", [False, True])
def test_what_a_person_typed_is_shown_again_with_what_is_wrong(
    ann: User, client: Client, signed_in: bool
) -> None:
    path, _ = links.of(KIND, Person(ann.email, ann))
    if signed_in:
        client.force_login(ann)
    url = "/notices/" if signed_in else path.removeprefix(SITE)
    form = {"kind": KIND, "how": "daily", "timezone": "Europe/<Berlin>"}
    text = client.post(url, form).content.decode()
    assert "This is not the name of a time zone" in text
    assert text.count('value="daily" checked') == 1
    assert text.count('value="Europe/&lt;Berlin&gt;"') == 1


@pytest.mark.parametrize("token", ["x", "é", "%00", "WyJhIiwxXQ:1:2"])
def test_forged_link_is_not_found(token: str) -> None:
    assert Client().get(f"/notices/{token}/").status_code == 404
    assert Client().post(f"/notices/{token}/", ONE_CLICK).status_code == 404


def test_user_who_is_signed_in_sees_all_kinds(ann: User, client: Client) -> None:
    assert client.get("/notices/").status_code == 302
    client.force_login(ann)
    page = client.get("/notices/").content.decode()
    assert "Epics, user stories, tasks: status" in page
    assert page.count("<fieldset>") == len(registry.kinds())
    assert client.post("/notices/", {"kind": KIND, "how": "off"}).status_code == 302
    assert NoticePreference.objects.get().how == "off"
    assert client.post("/notices/", {"kind": "none", "how": "off"}).status_code == 400


def test_states_in_any_case_over_rest(ann: User) -> None:
    epic = epic_of(ann, ann)
    answer = Api(ann).patch(f"epics/{epic.pk}/", status="IN_PROGRESS")
    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    refused = Api(ann).patch(f"epics/{epic.pk}/", status="LATER")
    assert refused.status_code == 400
    assert "in_review" in refused.content.decode()


def test_user_decides_over_what_a_link_without_account_chose(ann: User) -> None:
    epic = epic_of(ann, None)
    preferences.choose(KIND, Person("Ann@Example.org"), How.OFF)
    move(epic, "blocked")
    assert queued() == []
    wants(ann, How.NOW)
    move(epic, "done")
    assert len(queued()) == 1
    assert not NoticePreference.objects.filter(user=None).exists()
    # A row that came later: the user's own counts.
    NoticePreference.objects.create(address=ann.email, kind=KIND, how=How.DAILY)
    move(epic, "todo")
    assert len(queued()) == 2


def test_turning_off_keeps_the_time_zone(ann: User, client: Client) -> None:
    wants(ann, How.DAILY, "Asia/Tokyo")
    path = links.of(KIND, Person(ann.email, ann))[0].removeprefix(SITE)
    assert client.post(path, ONE_CLICK).status_code == 200
    assert 'value="Asia/Tokyo"' in client.get(path).content.decode()
    wants(ann, How.DAILY)
    assert NoticePreference.objects.get().timezone == "Asia/Tokyo"
    client.post(path, {"how": "daily", "timezone": ""})
    assert NoticePreference.objects.get().timezone == ""


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


def test_site_with_letters_beyond_ascii_in_its_name_has_the_button_too(
    ann: User, settings: Any
) -> None:
    settings.SITE_URL = "https://bücher.example:8443"
    move(epic_of(ann, None), "done")
    field = queued()[0].headers["List-Unsubscribe"]
    assert field.startswith("<https://xn--bcher-kva.example:8443/notices/")


def test_users_may_have_keys_of_any_kind_and_no_permissions(ann: User, settings: Any) -> None:
    user = SimpleNamespace(pk=uuid4())
    token = links.token_of(KIND, Person("eve@example.org", user))
    assert links.by_token(token) is None  # of another user model
    settings.NOTICES_PER_ACTOR_HOUR = 1
    epic = epic_of(ann, None)
    assert [within_limits([ann.email], epic, user) for _ in range(2)] == [[ann.email], []]
    assert within_limits([ann.email], epic, None) == [ann.email]
