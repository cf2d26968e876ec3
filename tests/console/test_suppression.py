"""The list of suppressed addresses: found, added, allowed again, recorded."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from postroom.web.emails.models import Suppression
from tests.support.users import member, root

pytestmark = pytest.mark.django_db
LIST = "/postroom/suppression/"


def text(client: Client, query: str = "") -> str:
    return client.get(f"{LIST}{query}").content.decode()


def test_address_is_added_once_and_allowed_again_after_a_question(client: Client) -> None:
    root(client)
    form = {"address": "Bob@Example.org", "reason": "bounced <b>"}
    answer = client.post(LIST, form, follow=True).content.decode()
    assert "bob@example.org gets no more e-mail" in answer
    assert "bounced &lt;b&gt;" in answer
    assert "is on the list already" in client.post(LIST, form, follow=True).content.decode()
    row = Suppression.objects.get()
    ask = f"{LIST}{row.pk}/allow/"
    assert "Allow bob@example.org again" in client.get(ask).content.decode()
    assert Suppression.objects.exists()
    assert "gets e-mail again" in client.post(ask, follow=True).content.decode()
    assert "no longer on the list" in client.post(ask, follow=True).content.decode()
    assert not Suppression.objects.exists()
    said = [
        (one.user.get_username(), one.change_message) for one in LogEntry.objects.order_by("pk")
    ]
    assert said == [("root", "Suppressed. bounced <b>"), ("root", "Allowed again.")]


def test_what_is_not_an_address_is_refused_with_the_reason(client: Client) -> None:
    root(client)
    answer = client.post(LIST, {"address": "nobody"}, follow=True).content.decode()
    assert "Not added: " in answer
    assert not Suppression.objects.exists()


def test_search_finds_by_the_beginning(client: Client) -> None:
    for name in ("ann", "anna", "bob"):
        Suppression.objects.create(address=f"{name}@example.org")
    found = text(root(client), "?q=ANN")
    assert "ann@" in found
    assert "anna@" in found
    assert "bob@" not in found
    assert "begins with" in text(client, "?q=%25")
    assert client.get(f"{LIST}?q=%00").status_code == 400


@pytest.mark.parametrize("group", ["E-mail viewer", "E-mail admin"])
def test_only_users_who_may_change_the_list(client: Client, group: str) -> None:
    row = Suppression.objects.create(address="ann@example.org")
    member(client, group)
    may = group == "E-mail admin"
    shown = text(client)
    assert ("Allow again…" in shown) == may
    assert ("Suppress</button>" in shown) == may
    assert client.post(LIST, {"address": "b@example.org"}).status_code == (302 if may else 403)
    assert client.post(f"{LIST}{row.pk}/allow/").status_code == (302 if may else 403)
