"""A user without rights sees and names nobody, and floods nobody."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.tracker.models import Epic, Task, UserStory
from tests.support.systems.tracker_records import Api, epic_of, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def mallory() -> User:
    return person("mallory")


@pytest.fixture
def ann() -> User:
    return person("ann", first_name="Annabel", last_name="Secret")


def test_items_of_others_are_not_there(mallory: User, ann: User) -> None:
    epic = epic_of(ann, ann, title="Merger")
    story = UserStory.objects.create(title="Merger", epic=epic, reporter=ann)
    task = Task.objects.create(title="Merger", user_story=story, reporter=ann)
    api, client = Api(mallory), Client()
    client.force_login(mallory)
    for kind, path, item in (
        ("epic", "epics", epic), ("user-story", "user-stories", story), ("task", "tasks", task),
    ):  # fmt: skip
        for query in ({}, {"search": "Merger"}, {"status": "todo"}, {"reporter": ann.pk}):
            assert api.get(f"{path}/", **query).json()["count"] == 0
        for answer in (
            api.get(f"{path}/{item.pk}/"),
            api.patch(f"{path}/{item.pk}/", title="x"),
            api.delete(f"{path}/{item.pk}/"),
            client.get(f"/board/{kind}/{item.pk}/"),
            client.post(f"/board/{kind}/{item.pk}/status/", {"status": "done"}),
        ):
            assert answer.status_code == 404
            assert "Merger" not in answer.text
    page = client.get("/board/").text
    assert "Merger" not in page
    assert "Annabel" not in page


@pytest.mark.parametrize("role", ["owner", "reporter", "member", "view", "change"])
def test_ones_own_items_and_those_one_may_see_are_there(role: str, ann: User) -> None:
    user = person("user")
    epic = epic_of(
        user if role == "owner" else ann, user if role == "reporter" else ann, title="Merger"
    )
    if role == "member":
        epic.members.add(user)
    if role in ("view", "change"):
        user.user_permissions.add(Permission.objects.get(codename=f"{role}_epic"))
    epic_of(ann, ann, title="Other")
    titles = [row["title"] for row in Api(user).get("epics/").json()["results"]]
    assert titles == (["Other", "Merger"] if role in ("view", "change") else ["Merger"])
    client = Client()
    client.force_login(user)
    assert "Merger" in client.get("/board/").text


def test_accounts_cannot_be_listed_by_putting_them_on_items(mallory: User, ann: User) -> None:
    api, client = Api(mallory), Client()
    client.force_login(mallory)
    for path, field in (
        ("epics", "owner"),
        ("user-stories", "assigned_to"),
        ("tasks", "assigned_to"),
    ):
        made = api.post(f"{path}/", title="Mine", **{field: ann.pk})
        assert made.status_code == 201
        row = made.json()
        assert row[f"{field}_name"] == ""
        for answer in (api.get(f"{path}/"), api.get(f"{path}/{row['id']}/")):
            assert "Annabel" not in answer.text
    assert "Annabel" not in client.get("/board/").text
    assert "Annabel" not in client.get(f"/board/epic/{Epic.objects.get().pk}/").text
    refused = [
        api.post("tasks/", title="Mine", reporter=ann.pk),
        api.patch(f"tasks/{Task.objects.get().pk}/", reporter=ann.pk),
        api.post("epics/", title="Mine", members=[ann.pk]),
    ]
    assert {answer.status_code for answer in refused} == {400}
    # Nor by belonging to an epic of another and putting them there.
    epic = epic_of(person("ben"), None)
    epic.members.add(mallory)
    for fields in ({"members": [mallory.pk, ann.pk]}, {"owner": ann.pk}):
        answer = api.patch(f"epics/{epic.pk}/", **fields)
        assert answer.status_code == 400
        assert "Annabel" not in answer.text


def test_numbers_of_accounts_cannot_be_told_by_filters(mallory: User, ann: User) -> None:
    api = Api(mallory)
    for name in ("reporter", "owner", "members"):
        answers = [api.get("epics/", **{name: pk}) for pk in (ann.pk, 999_999)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()


def test_people_of_one_epic_know_each_other(ann: User) -> None:
    ben = person("ben", first_name="Benedict")
    epic = epic_of(ann, None)
    epic.members.add(ben)
    row = Api(ben).get(f"epics/{epic.pk}/").json()
    assert row["owner_name"] == "Annabel Secret"
    UserStory.objects.create(title="Story", epic=epic, assigned_to=ben)
    story: Any = Api(ann).get("user-stories/").json()["results"][0]
    assert story["assigned_to_name"] == "Benedict"


def moves(api: Api, path: str, times: int) -> None:
    for number in range(times):
        answer = api.patch(path, status=("done", "todo")[number % 2])
        assert answer.status_code == 200


def test_one_item_cannot_flood_a_colleague(
    mallory: User, ann: User, capsys: pytest.CaptureFixture[str]
) -> None:
    api = Api(mallory)
    task = api.post("tasks/", title="BUY NOW", assigned_to=ann.pk).json()
    moves(api, f"tasks/{task['id']}/", 25)
    to_ann = EmailQueue.objects.filter(recipients__address=ann.email)
    assert to_ann.count() == 10
    assert "notices_limited" in capsys.readouterr().err
    assert Task.objects.get().status == "done"


def test_many_items_cannot_flood_a_colleague_either(
    mallory: User, ann: User, settings: Any
) -> None:
    settings.NOTICES_PER_ACTOR_HOUR = 5
    api = Api(mallory)
    for number in range(8):
        task = api.post("tasks/", title=f"BUY NOW {number}", assigned_to=ann.pk).json()
        moves(api, f"tasks/{task['id']}/", 1)
    to_ann = EmailQueue.objects.filter(recipients__address=ann.email)
    assert to_ann.count() == 5
    # Staff who may change all items move as many as there are.
    boss = person("boss")
    boss.user_permissions.add(Permission.objects.get(codename="change_task"))
    for task in Task.objects.all():
        moves(Api(boss), f"tasks/{task.pk}/", 2)
    assert to_ann.count() == 5 + 8  # the first move of each changes nothing
