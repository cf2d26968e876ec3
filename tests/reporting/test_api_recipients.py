"""Recipients and subscriptions by REST: added once, removed, listed, left."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from postroom.web.emails.models import Suppression
from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import ReportScheduleRecipient
from tests.support.job_runs import queued, recipients
from tests.support.reporting.api_client import ADD_OTHERS, SCHEDULE, Api
from tests.support.reporting.records import SITE, make_schedule, make_user, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE
    cache.clear()


@pytest.fixture
def owner() -> Api:
    return Api(make_user("owner"), SCHEDULE, ADD_OTHERS)


@pytest.fixture
def other() -> Api:
    return Api(make_user("other"))


def test_recipients_are_added_once_listed_and_removed(owner: Api, other: Api) -> None:
    schedule = make_schedule(owner.user)
    path, user = f"{schedule.pk}/recipients/", other.user
    assert user is not None
    made = owner("post", path, {"recipient_id": user.pk})
    assert made.status_code == 201
    facts = {"recipient_id": user.pk, "user_id": user.pk, "email": user.email, "name": "other"}
    assert made.json().items() >= (facts | {"is_subscribed": True}).items()
    assert "unsubscribe_token" not in made.json()
    for field in ("user_id", "recipient_id"):
        for number in (user.pk, 999_999, "x", None):
            assert list(owner("post", path, {field: number}).json()) == [field]
    reported = owner("post", path, {"user_id": "x"}).json()
    assert reported == {"user_id": ["Enter the ID of a user."]}
    for wrong in ({}, {"user_id": user.pk, "recipient_id": user.pk}, {"recipient": user.pk}):
        assert owner("post", path, wrong).status_code in (400, 403)
    assert [one["recipient_id"] for one in owner("get", path).json()["results"]] == [user.pk]
    remove = f"{schedule.pk}/remove_recipient/"
    assert owner("delete", remove).status_code == 400
    assert owner("delete", f"{remove}?recipient_id=x").status_code == 400
    assert owner("delete", f"{remove}?recipient_id={user.pk}").status_code == 204
    assert owner("delete", f"{remove}?recipient_id={user.pk}").status_code == 404


def test_who_unsubscribed_and_was_removed_comes_back_at_their_own_wish(other: Api) -> None:
    user = other.user
    assert user is not None
    mine = Api(user, SCHEDULE)
    schedule = make_schedule(user)
    path = f"{schedule.pk}/recipients/"
    assert mine("post", path, {"recipient_id": user.pk}).status_code == 201
    mine("post", "unsubscribe/", {"schedule_id": schedule.pk})
    again = mine("post", path, {"recipient_id": user.pk})
    assert (again.status_code, again.json()["is_subscribed"]) == (201, True)
    mine("post", "unsubscribe/", {"schedule_id": schedule.pk})
    mine("delete", f"{schedule.pk}/remove_recipient/?recipient_id={user.pk}")
    assert mine("post", path, {"recipient_id": user.pk}).status_code == 201
    assert not Suppression.objects.exists()
    assert list(mine("post", path, {"recipient_id": user.pk}).json()) == ["recipient_id"]


@pytest.mark.parametrize("removed", [False, True])
def test_who_unsubscribed_is_asked_once_when_others_add_them(
    owner: Api, other: Api, removed: bool
) -> None:
    schedule = make_schedule(owner.user)
    (theirs,) = subscribe(schedule, "other")
    subscriptions.unsubscribe(theirs)
    if removed:
        theirs.delete()
    path, remove = f"{schedule.pk}/recipients/", f"{schedule.pk}/remove_recipient/"
    for words in ("they are asked by e-mail", "were asked by e-mail this month"):
        asked = owner("post", path, {"recipient_id": theirs.user_id})
        assert asked.status_code == 202
        assert words in asked.json()["detail"]
    (email,) = queued("reports.invitation")
    assert recipients(email) == ["other@example.org"]
    assert email.subject.endswith('would like to send you "Board" again')
    assert not ReportScheduleRecipient.objects.get().is_subscribed
    link = email.context["subscribe_url"].removeprefix(SITE)
    Client().post(link, {"action": "resubscribe"})
    assert ReportScheduleRecipient.objects.get().is_subscribed
    assert not Suppression.objects.exists()
    Client().post(link, {"action": "unsubscribe"})
    for _ in range(2):  # a new row is no new reason to ask
        owner("delete", f"{remove}?recipient_id={theirs.user_id}")
        assert owner("post", path, {"recipient_id": theirs.user_id}).status_code == 202
    assert len(queued("reports.invitation")) == 1


@pytest.mark.parametrize("removed", ["", "by REST", "in the admin"])
def test_who_unsubscribed_is_asked_also_at_a_new_address(
    owner: Api, other: Api, admin_client: Client, removed: str
) -> None:
    schedule = make_schedule(owner.user)
    (theirs,) = subscribe(schedule, "other")
    subscriptions.unsubscribe(theirs)
    User.objects.filter(pk=theirs.user_id).update(email="new@example.org")
    path = f"{schedule.pk}/recipients/"
    if removed == "by REST":
        owner("delete", f"{schedule.pk}/remove_recipient/?recipient_id={theirs.user_id}")
    elif removed:
        remove_in_the_admin(admin_client, theirs)
    if removed:
        assert owner("get", path).json()["results"] == []
    assert owner("post", path, {"recipient_id": theirs.user_id}).status_code == 202
    assert not ReportScheduleRecipient.objects.get().is_subscribed
    (email,) = queued("reports.invitation")
    assert recipients(email) == ["new@example.org"]
    Client().post(email.context["subscribe_url"].removeprefix(SITE), {"action": "resubscribe"})
    assert not Suppression.objects.exists()  # neither of the old address
    owner("delete", f"{schedule.pk}/remove_recipient/?recipient_id={theirs.user_id}")
    assert owner("post", path, {"recipient_id": theirs.user_id}).status_code == 201


def remove_in_the_admin(client: Client, recipient: ReportScheduleRecipient) -> None:
    schedule = recipient.schedule
    page = f"/admin/postroom_reporting/reportschedule/{schedule.pk}/change/"
    form = {
        "name": schedule.name, "report_type": schedule.report_type, "frequency": "daily",
        "time": "07:00", "timezone": "UTC", "export_format": "csv", "is_active": "on",
        "created_by": schedule.created_by_id, "recipients-TOTAL_FORMS": "1",
        "recipients-INITIAL_FORMS": "1", "recipients-0-id": recipient.pk,
        "recipients-0-schedule": schedule.pk, "recipients-0-DELETE": "on",
    }  # fmt: skip
    assert client.post(page, form).status_code == 302
    assert not schedule.recipients.exists()


@pytest.mark.parametrize("address", ["", "no address"])
def test_who_unsubscribed_and_cannot_be_asked_is_not_added(
    owner: Api, other: Api, address: str
) -> None:
    schedule = make_schedule(owner.user)
    (theirs,) = subscribe(schedule, "other")
    subscriptions.unsubscribe(theirs)
    theirs.delete()
    User.objects.filter(pk=theirs.user_id).update(email=address)
    path = f"{schedule.pk}/recipients/"
    refused = owner("post", path, {"recipient_id": theirs.user_id})
    assert (refused.status_code, list(refused.json())) == (400, ["recipient_id"])
    assert owner("get", path).json()["results"] == []


def test_ids_cannot_be_probed_beside_ones_own(other: Api) -> None:
    mine = Api(other.user, SCHEDULE)
    schedule, known = make_schedule(other.user), make_user("ann")
    assert other.user is not None
    for number in (known.pk, 999_999):
        for first, second in ((other.user.pk, number), (number, other.user.pk)):
            ids = {"user_id": first, "recipient_id": second}
            answer = mine("post", f"{schedule.pk}/recipients/", ids)
            assert answer.status_code == 403
            assert ADD_OTHERS in answer.json()["detail"]


def test_anothers_recipient_cannot_be_removed_through_an_own_schedule(
    owner: Api, other: Api
) -> None:
    (theirs,) = subscribe(make_schedule(other.user), "ann")
    mine = make_schedule(owner.user)
    path = f"{mine.pk}/remove_recipient/?recipient_id={theirs.user_id}"
    assert owner("delete", path).status_code == 404
    assert ReportScheduleRecipient.objects.exists()


def test_subscriptions_are_listed_and_left(owner: Api, other: Api) -> None:
    schedule = make_schedule(owner.user)
    subscribe(schedule, "other")
    assert owner("get", "my_subscriptions/").json() == []
    (mine,) = other("get", "my_subscriptions/").json()
    assert (mine["schedule_id"], mine["is_subscribed"]) == (schedule.pk, True)
    assert owner("post", "unsubscribe/", {"schedule_id": schedule.pk}).status_code == 404
    assert other("post", "unsubscribe/", {"schedule_id": schedule.pk}).status_code == 200
    assert not ReportScheduleRecipient.objects.get().is_subscribed


def test_a_token_from_an_email_unsubscribes_without_login(owner: Api) -> None:
    (ann,) = subscribe(make_schedule(owner.user), "ann")
    nobody = Api(None)
    for token in ("x", ann.unsubscribe_token):
        assert nobody("post", "unsubscribe/", {"token": token}).status_code == 404
    assert nobody("post", "unsubscribe/", {}).status_code == 400
    assert nobody("post", "unsubscribe/", {"schedule_id": ann.schedule_id}).status_code == 404
    for name in ("token", "unsubscribe_token"):
        answer = nobody("post", "unsubscribe/", {name: subscriptions.token_of(ann)})
        assert answer.status_code == 200
    assert not ReportScheduleRecipient.objects.get().is_subscribed
