"""The tracker's endpoints: filters, search, order, pages, and who may change what (S1)."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from postroom.web.systems.tracker.models import Epic, Task, UserStory
from tests.support.systems.tracker_records import Api, epic_of, person

pytestmark = pytest.mark.django_db
ENDPOINTS = ["epics", "user-stories", "tasks"]


@pytest.fixture
def ann() -> User:
    return person("ann")


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("scheme", ["Bearer", "Token"])
def test_whoever_creates_is_the_reporter(ann: User, endpoint: str, scheme: str) -> None:
    api = Api(ann, scheme)
    answer = api.post(f"{endpoint}/", title="One", priority="high")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["status"], row["priority"], row["reporter"]) == ("todo", "high", ann.pk)
    assert row["reporter_name"] == "Ann"
    assert api.get(f"{endpoint}/{row['id']}/").json() == row
    assert api.delete(f"{endpoint}/{row['id']}/").status_code == 204
    assert titles(api.get(f"{endpoint}/")) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_without_a_token_nothing_is_shown(endpoint: str) -> None:
    assert Client().get(f"/api/{endpoint}/").status_code == 401


def test_lists_can_be_filtered_searched_ordered_and_paged(ann: User) -> None:
    api, ben = Api(ann), person("ben")
    for number in range(3):
        epic_of(ann, ben, title=f"Epic {number}", status="todo" if number else "done")
    epic_of(ben, ann, title="Another", priority="critical", description="about passkeys")
    assert titles(api.get("epics/", status="done")) == ["Epic 0"]
    assert titles(api.get("epics/", owner=ben.pk)) == ["Another"]
    assert titles(api.get("epics/", priority="critical", reporter=ann.pk)) == ["Another"]
    assert titles(api.get("epics/", search="passkeys")) == ["Another"]
    assert titles(api.get("epics/", ordering="title"))[0] == "Another"
    assert titles(api.get("epics/", ordering="-title"))[0] == "Epic 2"
    page = api.get("epics/", ordering="title", page_size=3, page=2)
    assert titles(page) == ["Epic 2"]
    assert page.json()["count"] == 4
    assert api.get("epics/", status="nonsense").status_code == 400
    assert api.get("epics/", page=99).status_code == 404


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("priority", ["critical", "high", "medium", "low"]),
        ("status", ["todo", "in_progress", "in_review", "blocked", "done"]),
    ],
)
def test_lists_are_ordered_by_what_words_mean_and_not_by_the_alphabet(
    ann: User, field: str, values: list[str]
) -> None:
    for value in sorted(values) * 2:
        Task.objects.create(title=value, reporter=ann, **{field: value})
    twice = [value for value in values for _ in range(2)]
    assert titles(Api(ann).get("tasks/", ordering=field)) == twice
    assert titles(Api(ann).get("tasks/", ordering=f"-{field}")) == twice[::-1]
    pages = [Api(ann).get("tasks/", ordering=field, page_size=3, page=n) for n in range(1, 4)]
    ids = [row["id"] for page in pages for row in page.json()["results"]]
    assert len(set(ids)) == len(ids)


def test_states_are_taken_in_any_case_and_unknown_ones_name_those_there_are(ann: User) -> None:
    api, epic = Api(ann), epic_of(ann, ann)
    changed = api.patch(f"epics/{epic.pk}/", status="IN_PROGRESS")
    assert (changed.status_code, changed.json()["status"]) == (200, "in_progress")
    refused = api.patch(f"epics/{epic.pk}/", status="WORKING")
    known = "todo, in_progress, in_review, blocked, done"
    assert refused.json() == {"status": [f"'WORKING' is not one of {known}."]}
    assert list(api.patch(f"epics/{epic.pk}/", state="done").json()) == ["state"]


@pytest.mark.parametrize("number", ["1.5", "1.9", "x", "1e0", "\0"])
@pytest.mark.parametrize(
    ("endpoint", "names"),
    [
        ("epics/", ("reporter", "owner")),
        ("user-stories/", ("reporter", "assigned_to", "epic")),
        ("tasks/", ("reporter", "assigned_to", "user_story")),
    ],
)
def test_filter_by_a_number_takes_whole_ones_only(
    ann: User, endpoint: str, names: tuple[str, ...], number: str
) -> None:
    for name in names:
        answer = Api(ann).get(endpoint, **{name: number})
        assert (answer.status_code, list(answer.json())) == (400, [name])


def test_wrong_values_are_named(ann: User) -> None:
    for fields in ({"title": ""}, {"status": "x"}, {"priority": "x"}, {"owner": 0}):
        answer = Api(ann).post("epics/", **{"title": "One"} | fields)
        assert (answer.status_code, list(answer.json())) == (400, list(fields))


@pytest.mark.parametrize("role", ["owner", "reporter", "member", "permission"])
def test_its_people_may_change_an_epic(role: str) -> None:
    user, other = person("user"), person("other")
    epic = epic_of(user if role == "owner" else other, user if role == "reporter" else other)
    if role == "member":
        epic.members.add(user)
    if role == "permission":
        user.user_permissions.add(Permission.objects.get(codename="change_epic"))
    assert Api(user).patch(f"epics/{epic.pk}/", title="New").status_code == 200


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_who_may_see_all_reads_and_changes_nothing(ann: User, method: str) -> None:
    epic = epic_of(ann, ann)
    other = person("other")
    other.user_permissions.add(Permission.objects.get(codename="view_epic"))
    api = Api(other)
    assert api.get(f"epics/{epic.pk}/").status_code == 200
    answer = getattr(api, method)(f"epics/{epic.pk}/")
    assert answer.status_code == 403
    assert "members" in answer.json()["detail"]


def test_who_may_change_all_of_a_kind_may_not_delete_them(ann: User) -> None:
    user, epic = person("user"), epic_of(ann, ann)
    for permission, answer in (("change_epic", 403), ("delete_epic", 204)):
        user.user_permissions.add(Permission.objects.get(codename=permission))
        user = User.objects.get(pk=user.pk)
        assert Api(user).delete(f"epics/{epic.pk}/").status_code == answer


def test_its_people_may_delete_an_epic(ann: User) -> None:
    assert Api(ann).delete(f"epics/{epic_of(ann, ann).pk}/").status_code == 204


def test_members_of_an_epic_may_change_all_that_is_in_it(ann: User) -> None:
    member = person("member")
    epic = epic_of(ann, ann)
    epic.members.add(member)
    story = UserStory.objects.create(title="Story", epic=epic, reporter=ann)
    task = Task.objects.create(title="Task", user_story=story, reporter=ann)
    for path in (f"user-stories/{story.pk}/", f"tasks/{task.pk}/"):
        assert Api(member).patch(path, status="done").status_code == 200
        assert Api(person(f"no{path[0]}")).patch(path, status="todo").status_code == 404


def test_nothing_can_be_put_below_an_epic_of_others(ann: User) -> None:
    epic = epic_of(ann, ann)
    answer = Api(person("other")).post("user-stories/", title="Story", epic=epic.pk)
    assert (answer.status_code, answer.json()) == (400, {"epic": ["You are not a member of it."]})
    assert Api(ann).post("user-stories/", title="Story", epic=epic.pk).status_code == 201


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_lists_take_no_query_a_row(ann: User, endpoint: str) -> None:
    api = Api(ann)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"{endpoint}/").status_code == 200
        return len(captured)

    def fill() -> None:
        epic = epic_of(ann, ann)
        epic.members.add(ann)
        story = UserStory.objects.create(title="S", epic=epic, reporter=ann, assigned_to=ann)
        Task.objects.create(title="T", user_story=story, reporter=ann, assigned_to=ann)

    fill()
    queries()  # the token's first use is noted
    one = queries()
    for _ in range(5):
        fill()
    assert queries() == one
    assert Epic.objects.count() == 6


def test_endpoints_are_in_the_openapi_description() -> None:
    schema = Client().get("/api/schema/?format=json", headers={"accept": "application/json"}).json()
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for endpoint in ENDPOINTS:
        lists = schema["paths"][f"/api/{endpoint}/"]["get"]
        names = {parameter["name"] for parameter in lists["parameters"]}
        assert {"status", "priority", "reporter", "search", "ordering", "page"} <= names
        assert {"token": []} in lists["security"]
        one = schema["paths"][f"/api/{endpoint}/{{id}}/"]
        assert {"get", "put", "patch", "delete"} <= set(one)
        assert one["put"]["description"] == lists["description"]
        for method in ("put", "patch"):
            assert "status changes are e-mailed" in one[method]["summary"]
