"""One decision about all e-mails that match: offered within a state, asked about, in batches."""

import re

import pytest
from django.test import Client

from postroom.web.emails.models import BulkAction, EmailQueue
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_email, status_of
from tests.support.users import member, root

pytestmark = pytest.mark.django_db
LIST = "/postroom/emails/"


def offers(client: Client, query: str) -> list[str]:
    return re.findall(r'name="kind" value="(\w+)"', client.get(f"{LIST}{query}").content.decode())


def test_only_what_fits_the_state_is_offered(client: Client) -> None:
    for status in ("failed", "pending", "unknown", "completed"):
        make_email(status)
    root(client)
    assert offers(client, "") == []
    assert offers(client, "?status=failed") == ["requeue"]
    assert offers(client, "?status=pending") == ["cancel"]
    assert offers(client, "?status=unknown") == ["requeue", "arrived"]
    assert offers(client, "?status=completed") == []
    assert offers(client, "?status=cancelled") == []  # there is none


def test_all_that_match_are_requeued_after_a_question(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    mine = [make_email("failed", email_type="mine") for _ in range(3)]
    other = make_email("failed")
    root(client)
    question = "?status=failed&type=mine"
    answer = client.post(f"{LIST}bulk/", {"kind": "requeue", "question": question})
    page = answer["Location"]
    text = client.get(page).content.decode()
    assert "3 e-mails will be sent to every address that has not accepted them" in text
    assert "type: <b>mine</b>" in text
    client.post(f"{page}step/")
    assert EmailQueue.objects.filter(status="pending").count() == 0
    for _ in range(2):
        client.post(f"{page}confirm/")
    text = client.post(f"{page}step/", headers={"hx-request": "true"}).content.decode()
    assert "2 of 3 processed" in text
    assert "<html" not in text
    client.post(f"{page}step/")
    text = client.get(page).content.decode()
    assert "3 e-mails requeued" in text
    assert "3 e-mails are still to be sent." in text
    EmailQueue.objects.filter(email_type="mine").update(status="cancelled")
    assert "All of them have ended." in client.get(page).content.decode()
    EmailQueue.objects.filter(email_type="mine").update(status="pending")
    assert {status_of(email) for email in mine} == {"pending"}
    assert status_of(other) == "failed"
    assert BulkAction.objects.get().user.get_username() == "root"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"kind": "requeue", "question": ""}, 400),
        ({"kind": "cancel", "question": "?status=failed"}, 400),
        ({"kind": "nonsense", "question": "?status=failed"}, 404),
        ({"kind": "requeue", "question": "?status=%00"}, 400),
        ({"kind": "requeue", "question": f"?status=failed&q={'%20' * 50_000}"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(client: Client, form: dict[str, str], status: int) -> None:
    assert root(client).post(f"{LIST}bulk/", form).status_code == status
    assert not BulkAction.objects.exists()


def test_long_question_is_asked_to_its_end(client: Client) -> None:
    make_email("failed")
    root(client)
    question = f"?status=failed&q={'%C3%A4' * 390}&domain=example.org"
    answer = client.post(f"{LIST}bulk/", {"kind": "requeue", "question": question})
    assert answer.status_code == 302
    assert "domain=example.org" in BulkAction.objects.get().question


def test_viewer_neither_asks_nor_confirms_nor_sees(client: Client) -> None:
    make_email("failed")
    root(client)
    form = {"kind": "requeue", "question": "?status=failed"}
    page = client.post(f"{LIST}bulk/", form)["Location"]
    member(client, "E-mail viewer")
    assert offers(client, "?status=failed") == []
    assert client.post(f"{LIST}bulk/", form).status_code == 403
    assert client.get(page).status_code == 403
    for name in ("confirm/", "step/"):
        assert client.post(f"{page}{name}").status_code == 403
    assert BulkAction.objects.get().confirmed_at is None
