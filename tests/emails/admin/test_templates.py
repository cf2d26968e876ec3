"""Every template before anything is sent, a test to oneself, and the three groups."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.content import renderer
from tests.support.users import member, person, root

pytestmark = pytest.mark.django_db
PAGE = "/admin/postroom/emailqueue/templates/"


def test_every_template_can_be_looked_at(client: Client) -> None:
    root(client)
    for name in renderer().names():
        text = client.get(PAGE, {"name": name}).content.decode()
        assert "Could not be rendered" not in text, name
        response = client.get(f"{PAGE}frame/", {"name": name})
        assert response.status_code == 200
        assert response["Content-Security-Policy"].startswith("sandbox;")


def test_page_names_the_variables_it_needs(client: Client) -> None:
    text = root(client).get(PAGE, {"name": "inquiry/received"}).content.decode()
    for variable in renderer().sample("inquiry/received"):
        assert variable in text


@pytest.mark.parametrize("name", ["no/such", "../../etc/passwd", "layout/base.html", "a\x00b"])
def test_what_is_no_template_is_told(client: Client, name: str) -> None:
    response = root(client).get(PAGE, {"name": name})
    assert response.status_code == 200
    assert "Could not be rendered" in response.content.decode()
    assert client.get(f"{PAGE}frame/", {"name": name}).status_code == 404


def test_test_goes_to_the_person_who_looks_and_to_nobody_else(client: Client) -> None:
    root(client)
    assert client.get(f"{PAGE}test/").status_code == 405
    client.post(f"{PAGE}test/", {"name": "inquiry/received", "address": "other@example.org"})
    email = EmailQueue.objects.get()
    assert [r.address for r in email.recipients.all()] == ["root@example.org"]
    assert email.subject.startswith("[Test] ")


def test_preview_and_test_are_in_the_chosen_language(
    client: Client, tmp_path: Path, settings: Any
) -> None:
    (tmp_path / "t").mkdir()
    for tag, word in {"": "Hello", ".de": "Hallo"}.items():
        (tmp_path / f"t/subject{tag}.txt").write_text(word)
        (tmp_path / f"t/body{tag}.html").write_text(f"<p>{word} {{{{ who }}}} {{{{ n }}}}</p>")
        (tmp_path / f"t/sample{tag}.json").write_text(json.dumps({"who": f"Ann{tag}"}))
    (tmp_path / "t/sample.json").write_text('{"who": "Ann", "n": 1}')
    settings.POSTROOM = {"EMAIL_TEMPLATE_DIRS": [tmp_path]}
    root(client)
    for page in (PAGE, "/postroom/templates/"):
        shown = client.get(page, {"name": "t", "language": "de"}).content.decode()
        assert "<option>en</option><option selected>de</option>" in shown
        assert "?name=t&amp;language=de&amp;" in shown
        framed = client.get(f"{page}frame/", {"name": "t", "language": "de"}).content.decode()
        assert "<p>Hallo Ann.de 1</p>" in framed
        other = client.get(page, {"name": "inquiry/received", "language": "<x>"}).content.decode()
        assert "Could not be rendered" not in other
        client.post(f"{page}test/", {"name": "t", "language": "de"})
        email = EmailQueue.objects.latest("pk")
        assert (email.language, email.subject) == ("de", "[Test] Hallo")


def test_who_may_only_look_sends_no_test(client: Client) -> None:
    person(client, "view_emailqueue")
    assert "Send a test" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}test/", {"name": "inquiry/received"}).status_code == 403
    assert not EmailQueue.objects.exists()


def test_groups_build_on_each_other(client: Client) -> None:
    member(client, "E-mail viewer")
    names = ("E-mail viewer", "E-mail operator", "E-mail admin")
    groups = [
        set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))
        for name in names
    ]
    assert groups[0] < groups[1] < groups[2]
    assert {code.split("_")[0] for code in groups[0]} == {"view"}
    assert "read_emailqueue" in groups[1]
    assert "pause_queuecontrol" in groups[2] - groups[1]
