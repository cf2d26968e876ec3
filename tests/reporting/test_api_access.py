"""Who may do what by REST: a table of permissions, acts, and the codes they get."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from postroom.web.reporting.models import ReportSchedule
from tests.support.job_runs import queued
from tests.support.reporting.api_client import ADD_OTHERS, SCHEDULE, Api
from tests.support.reporting.records import (
    SITE,
    make_schedule,
    make_school,
    make_user,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db
SEE = "view_reportschedulerecipient"
DAILY = {"name": "D", "report_type": "student_report", "frequency": "daily"}
VIEW, CHANGE, DELETE, SEND = (
    "view_reportschedule", "change_reportschedule", "delete_reportschedule", "send_reportschedule",
)  # fmt: skip

# act: how, where, with what
ACTS: dict[str, tuple[str, str, Any]] = {
    "read": ("get", "{id}/", None),
    "history": ("get", "{id}/executions/", None),
    "recipients": ("get", "{id}/recipients/", None),
    "change": ("patch", "{id}/", {"name": "New"}),
    "add me": ("post", "{id}/recipients/", {"user_id": "me"}),
    "add ben": ("post", "{id}/recipients/", {"user_id": "ben"}),
    "add nobody": ("post", "{id}/recipients/", {"user_id": 999_999}),
    "remove ann": ("delete", "{id}/remove_recipient/?recipient_id={ann}", None),
    "test": ("post", "{id}/test_email/", {}),
    "delete": ("delete", "{id}/", None),
}
# whose schedule, the asking user's permissions: the codes of the acts in the order above
TABLE: list[tuple[str, tuple[str, ...], tuple[int, ...]]] = [
    ("mine", (), (200, 200, 200, 403, 403, 403, 403, 204, 403, 204)),
    ("mine", (SCHEDULE,), (200, 200, 200, 200, 201, 403, 403, 204, 202, 204)),
    ("mine", (SCHEDULE, ADD_OTHERS), (200, 200, 200, 200, 201, 201, 400, 204, 202, 204)),
    ("theirs", (), (404,) * 10),
    ("theirs", (SCHEDULE, ADD_OTHERS), (404,) * 10),
    ("theirs", (VIEW,), (200, 200, 403, 403, 403, 403, 403, 403, 403, 403)),
    ("theirs", (SEE,), (404,) * 10),
    ("theirs", (VIEW, SEE), (200, 200, 200, 403, 403, 403, 403, 403, 403, 403)),
    ("theirs", (CHANGE,), (200, 200, 403, 200, 201, 403, 403, 204, 403, 403)),
    ("theirs", (VIEW, DELETE, SEND), (200, 200, 403, 403, 403, 403, 403, 403, 202, 204)),
]
ROWS = [
    (whose, may, act, code)
    for whose, may, codes in TABLE
    for act, code in zip(ACTS, codes, strict=True)
]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE
    cache.clear()


@pytest.mark.parametrize(("whose", "may", "act", "code"), ROWS)
def test_an_act_takes_its_permission(whose: str, may: tuple[str, ...], act: str, code: int) -> None:
    make_school()
    user, ben = make_user("me"), make_user("ben")
    api = Api(user, *may)
    schedule = make_schedule(user if whose == "mine" else None)
    (ann,) = subscribe(schedule, "ann")
    method, path, data = ACTS[act]
    if act.startswith("add"):
        data = {"user_id": {"me": user.pk, "ben": ben.pk}.get(data["user_id"], data["user_id"])}
    answer = api(method, path.format(id=schedule.pk, ann=ann.user_id), data)
    assert answer.status_code == code, answer.content
    if code in (403, 404):
        assert schedule.recipients.count() == 1
        assert ReportSchedule.objects.get().name == "Board"
        assert queued() == []


def test_a_schedule_is_made_by_who_may_and_the_refusal_names_the_permission() -> None:
    refused = Api(make_user("plain"))("post", data={"nonsense": 1})
    assert refused.status_code == 403
    assert "postroom_reporting.add_reportschedule." in refused.json()["detail"]
    assert Api(make_user("ann"), SCHEDULE)("post", data=DAILY).status_code == 201


def test_adding_others_is_refused_with_the_permission_named_whether_they_exist_or_not() -> None:
    user, ben = make_user("me"), make_user("ben")
    api, schedule = Api(user, SCHEDULE), make_schedule(user)
    bodies: list[Any] = [
        {"user_id": ben.pk}, {"recipient_id": ben.pk}, {"user_id": 999_999}, {"user_id": "x"}, {},
        [],
    ]  # fmt: skip
    answers = {api("post", f"{schedule.pk}/recipients/", data).json()["detail"] for data in bodies}
    (words,) = answers
    assert "add other people as recipients" in words
    assert "postroom_reporting.add_reportschedulerecipient." in words


@pytest.mark.parametrize(
    ("whose", "may", "named"),
    [
        ("mine", (), True), ("mine", (SCHEDULE,), True), ("theirs", (VIEW,), False),
        ("theirs", (CHANGE,), False), ("theirs", (VIEW, SEE), True),
        ("theirs", (CHANGE, SEE), True), ("theirs", ("superuser",), True),
    ],
)  # fmt: skip
def test_people_are_named_to_the_owner_and_to_who_may_see_recipients(
    whose: str, may: tuple[str, ...], named: bool
) -> None:
    user = make_user("me", is_superuser="superuser" in may)
    api = Api(user, *may)
    schedule = make_schedule(user if whose == "mine" else None)
    subscribe(schedule, "ann", "ben")
    User.objects.filter(username="ben").update(email="")
    run_reports()
    answers = [api("get", f"{schedule.pk}/"), api("get", f"{schedule.pk}/executions/")]
    if CHANGE in may:
        answers.append(api("patch", f"{schedule.pk}/", {"name": "New"}))
    whole, runs, *_ = (answer.json() for answer in answers)
    assert (whole["recipients"] is not None) is named
    assert whole["active_recipients_count"] == 2
    (one,) = runs["results"]
    assert [one] == whole["recent_executions"]
    assert one["remarks"] == ("Without an e-mail address: ben." if named else None)
    for answer in answers:
        assert (b"ann@example.org" in answer.content) is (named and answer != answers[1])
        assert named or b"ben" not in answer.content
    refused = api("get", f"{schedule.pk}/recipients/")
    assert named or f"postroom_reporting.{SEE}." in refused.json()["detail"]
