"""A change of status by admin, PATCH, shell or board is told to the item's people (S2)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.notifications.actor import acting_as
from postroom.web.systems.tracker.models import Epic, Task, UserStory
from tests.support.queued_notices import reported
from tests.support.shipped_templates import shipped_renderer
from tests.support.systems.tracker_records import Api, epic_of, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return person("ann", last_name="Lee")


@pytest.fixture
def ben() -> User:
    return person("ben")


@pytest.fixture
def epic(ann: User, ben: User) -> Epic:
    return epic_of(ann, ben, priority="high")


def owner_of(epic: Epic) -> User:
    assert epic.owner is not None
    return epic.owner


def by_patch(epic: Epic) -> None:
    answer = Api(owner_of(epic)).patch(f"epics/{epic.pk}/", status="done")
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "done"


def by_board(epic: Epic) -> None:
    client = Client()
    client.force_login(owner_of(epic))
    answer = client.post(f"/board/epic/{epic.pk}/status/", {"status": "done"})
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"#epic-{epic.pk}")


def by_admin(epic: Epic) -> None:
    User.objects.filter(pk=owner_of(epic).pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=owner_of(epic).pk))
    form: dict[str, Any] = {
        "title": epic.title, "description": "", "status": "done", "priority": "high",
        "reporter": epic.reporter_id, "owner": epic.owner_id, "members": [],
    }  # fmt: skip
    answer = client.post(f"/admin/postroom_tracker/epic/{epic.pk}/change/", form)
    assert answer.status_code == 302, answer.content


def by_shell(epic: Epic) -> None:
    with acting_as(epic.owner):
        epic.status = "done"
        epic.save()


@pytest.mark.parametrize("change", [by_patch, by_board, by_admin, by_shell])
def test_change_is_told_to_owner_and_reporter(change: Any, epic: Epic, settings: Any) -> None:
    settings.SITE_URL = "https://tracker.example"
    change(epic)
    assert Epic.objects.get().status == "done"
    assert reported() == [
        ("ann@example.org", "To do", "Done"),
        ("ben@example.org", "To do", "Done"),
    ]
    email = EmailQueue.objects.first()
    assert email is not None
    assert email.subject == "Epic status changed: Passkeys"
    text = shipped_renderer().render(email.template_path, email.context).text
    for words in ("To do", "Done", "Passkeys", "High", "Ann Lee", f"/board/epic/{epic.pk}/"):
        assert words in text
    change(Epic.objects.get())
    assert len(reported()) == 2


def test_shell_without_a_name_tells_nobodys(epic: Epic) -> None:
    epic.status = "done"
    epic.save()
    email = EmailQueue.objects.first()
    assert email is not None
    assert email.context["changed_by"] == ""
    assert "Changed by" not in shipped_renderer().render(email.template_path, email.context).text


def test_a_request_leaves_no_actor_behind(epic: Epic) -> None:
    by_patch(epic)
    EmailQueue.objects.all().delete()
    epic.status = "todo"
    epic.save()
    assert {e.context["changed_by"] for e in EmailQueue.objects.all()} == {""}


@pytest.mark.parametrize(("model", "kind"), [(UserStory, "User story"), (Task, "Task")])
def test_assignee_and_reporter_of_stories_and_tasks_are_told(
    model: Any, kind: str, ann: User, ben: User
) -> None:
    item = model.objects.create(title="Keys", assigned_to=ann, reporter=ben)
    item.status = "blocked"
    item.save()
    assert [address for address, _, _ in reported()] == ["ann@example.org", "ben@example.org"]
    assert {e.subject for e in EmailQueue.objects.all()} == {f"{kind} status changed: Keys"}


@pytest.mark.parametrize(
    ("owner", "reporter", "addresses"),
    [
        ({}, {}, ["owner@example.org", "reporter@example.org"]),
        ({}, None, ["owner@example.org"]),
        (None, {}, ["reporter@example.org"]),
        (None, None, []),
        ({}, "the owner", ["owner@example.org"]),
        ({}, {"email": "Owner@EXAMPLE.org"}, ["owner@example.org"]),
        ({"is_active": False}, {}, ["reporter@example.org"]),
        ({"email": ""}, {}, ["reporter@example.org"]),
        ({"email": "   "}, {}, ["reporter@example.org"]),
        ({"email": "no address"}, {}, ["reporter@example.org"]),
        ({"email": "a@b@c"}, {"email": "owner@example.org\nBcc: x@example.org"}, []),
    ],
    ids=str,
)
def test_each_person_gets_one_whichever_role_they_hold(
    owner: Any, reporter: Any, addresses: list[str]
) -> None:
    first = None if owner is None else person("owner", **owner)
    second = first
    if reporter != "the owner":
        second = None if reporter is None else person("reporter", **reporter)
    epic = epic_of(first, second)
    epic.status = "done"
    epic.save()
    assert [address for address, _, _ in reported()] == addresses


def test_new_owner_and_not_the_old_one_is_told(epic: Epic) -> None:
    epic.owner, epic.status = person("chloe"), "done"
    epic.save()
    assert [address for address, _, _ in reported()] == ["chloe@example.org", "ben@example.org"]


def test_title_cannot_break_out_of_the_mail(epic: Epic) -> None:
    epic.title = "<script>x</script>\r\nBcc: evil@example.org {{ 777*7 }}"
    epic.status = "done"
    epic.save()
    email = EmailQueue.objects.first()
    assert email is not None
    assert "\n" not in email.subject
    content = shipped_renderer().render(email.template_path, email.context)
    assert "<script>" not in content.html
    assert "5439" not in content.text  # and no time of day


def test_answer_waits_for_no_broker(epic: Epic, settings: Any) -> None:
    settings.RABBITMQ_URL = "no URL"  # would raise when read
    by_patch(epic)
    assert len(reported()) == 2
