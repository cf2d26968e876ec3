"""How people want their notices: at once, once a day, off; bundles of what is over a limit."""

from datetime import datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.notifications import registry
from postroom.web.notifications.models import How, NoticePreference, PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.wishes import links, preferences
from postroom.web.notifications.wishes.limits import within_limits
from postroom.web.systems.tracker.models import Epic
from tests.support.job_runs import queued, recipients
from tests.support.sample_records.models import Parcel
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
