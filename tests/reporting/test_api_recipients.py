"""Recipients and subscriptions by REST: added once, removed, listed, left."""

from typing import Any

import pytest
from django.core.cache import cache

from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import ReportScheduleRecipient
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


def test_recipients_are_added_once_and_removed(owner: Api, other: Api) -> None:
    schedule = make_schedule(owner.user)
    path = f"{schedule.pk}/recipients/"
    made = owner("post", path, {"user_id": other.user.pk})  # type: ignore[union-attr]
    assert made.status_code == 201
    assert made.json()["is_subscribed"] is True
    assert not {"email", "username", "unsubscribe_token"} & made.json().keys()
    for user_id in (other.user.pk, 999_999, "x", None):  # type: ignore[union-attr]
        assert list(owner("post", path, {"user_id": user_id}).json()) == ["user_id"]
    reported = owner("post", path, {"user_id": "x"}).json()
    assert reported == {"user_id": ["Enter the ID of a user."]}
    remove = f"{schedule.pk}/remove_recipient/"
    assert owner("delete", remove).status_code == 400
    assert owner("delete", f"{remove}?recipient_id=x").status_code == 400
    assert owner("delete", f"{remove}?recipient_id={made.json()['id']}").status_code == 204
    assert owner("delete", f"{remove}?recipient_id={made.json()['id']}").status_code == 404


def test_anothers_recipient_cannot_be_removed_through_an_own_schedule(
    owner: Api, other: Api
) -> None:
    (theirs,) = subscribe(make_schedule(other.user), "ann")
    mine = make_schedule(owner.user)
    path = f"{mine.pk}/remove_recipient/?recipient_id={theirs.pk}"
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
    for _ in range(2):
        answer = nobody("post", "unsubscribe/", {"token": subscriptions.token_of(ann)})
        assert answer.status_code == 200
    assert not ReportScheduleRecipient.objects.get().is_subscribed
