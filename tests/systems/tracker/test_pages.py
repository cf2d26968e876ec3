"""The board, the page of an item, and the admin's lists."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from postroom.web.systems.tracker.models import Epic, Task
from tests.support.queued_notices import reported
from tests.support.systems.tracker_records import epic_of, person

pytestmark = pytest.mark.django_db


def board(user: User, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/board/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_nobody_sees_the_board_without_signing_in() -> None:
    for path in ("/board/", "/board/epic/1/"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/board/login/?next=")
    assert Client().post("/board/epic/1/status/", {"status": "done"}).status_code == 302


def test_person_signs_in_and_is_led_to_the_board() -> None:
    ann = person("ann")
    ann.set_password("a long secret")
    ann.save()
    client = Client()
    wrong = client.post("/board/login/", {"username": "ann", "password": "wrong"})
    assert "Wrong user name or password" in wrong.content.decode()
    assert "Postroom board" in wrong.content.decode()
    answer = client.post("/board/login/", {"username": "ann", "password": "a long secret"})
    assert (answer.status_code, answer["Location"]) == (302, "/board/")
    assert client.post("/board/logout/").status_code == 302
    assert client.get("/board/").status_code == 302


def test_only_its_people_find_a_button_and_may_press_it() -> None:
    ann, other = person("ann"), person("other")
    other.user_permissions.add(Permission.objects.get(codename="view_epic"))
    epic = epic_of(ann, None)
    assert "Move</button>" in board(ann)
    assert "Passkeys" in board(other)
    assert "Move</button>" not in board(other)
    client = Client()
    client.force_login(other)
    assert client.post(f"/board/epic/{epic.pk}/status/", {"status": "done"}).status_code == 403
    assert Epic.objects.get().status == "todo"
    assert reported() == []


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("epic/{pk}", "nonsense", 400),
        ("epic/999999", "done", 404),
        ("nonsense/1", "done", 404),
        ("epic/{pk}", "done", 302),
    ],
)
def test_pressing_nonsense_changes_nothing(path: str, status: str, answer: int) -> None:
    ann = person("ann")
    pk = epic_of(ann, None).pk
    client = Client()
    client.force_login(ann)
    url = f"/board/{path.format(pk=pk)}/status/"
    assert client.post(url, {"status": status}).status_code == answer
    assert client.get(url).status_code == 405


def test_board_shows_fewer_and_comes_back_to_the_same_view() -> None:
    ann = person("ann")
    ann.user_permissions.add(Permission.objects.get(codename="view_epic"))
    epic_of(ann, None, title="Mine")
    epic_of(None, None, title="Not mine")
    Task.objects.create(title="A task", reporter=ann)
    assert "Not mine" in board(ann)
    assert "Not mine" not in board(ann, "?mine=1")
    assert "A task" not in board(ann, "?mine=1&kind=epic")
    assert "A task" in board(ann, "?kind=nonsense")
    client = Client()
    client.force_login(ann)
    form = {"status": "done", "mine": "1", "kind": "epic"}
    answer = client.post(f"/board/epic/{Epic.objects.get(title='Mine').pk}/status/", form)
    assert answer["Location"].startswith("/board/?kind=epic&mine=1#epic-")


def test_text_typed_by_people_stays_text() -> None:
    ann = person("ann", first_name="<b>Ann")
    epic = epic_of(ann, ann, title="<script>x</script>", description="<i>y")
    client = Client()
    client.force_login(ann)
    for page in (board(ann), client.get(epic.get_absolute_url()).content.decode()):
        assert "<script>x" not in page
        assert "<b>Ann" not in page
        assert "<i>y" not in page


def test_demo_data_fills_every_column_and_takes_no_query_a_card() -> None:
    ann = person("ann", is_superuser=True)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            board(ann)
        return len(captured)

    empty = queries()
    call_command("load_tracker_demo", verbosity=0)
    assert queries() <= empty + 2
    assert ">Nothing<" not in board(ann)
    for path in ("epic/1", "user-story/1", "task/1"):
        client = Client()
        client.force_login(ann)
        assert client.get(f"/board/{path}/").status_code == 200
    with pytest.raises(CommandError, match="already"):
        call_command("load_tracker_demo")
    assert Task.objects.create(title="New").pk > 6
    assert reported() == []


@pytest.mark.parametrize("path", ["epic", "userstory", "task"])
def test_admin_lists_and_pages_open(admin_client: Client, path: str) -> None:
    call_command("load_tracker_demo", verbosity=0)

    def get(rest: str) -> Any:
        answer = admin_client.get(f"/admin/postroom_tracker/{path}/{rest}")
        assert answer.status_code == 200
        return answer.content.decode()

    assert "In progress" in get("?status=in_progress&q=a")
    get("add/")
    get("1/change/")
