"""One decision about everything that matches a filter."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import BulkAction, EmailQueue
from postroom.web.emails.operating import bulk
from tests.support.queued_emails import make_email, status_of
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
BULK = "/admin/postroom/emailqueue/bulk/"


@pytest.fixture
def operator(client: Client) -> Client:
    return root(client)


def ask(client: Client, kind: str, question: str = "") -> str:
    """The address of the page that asks for confirmation."""
    response = client.post(BULK, {"kind": kind, "question": question})
    assert response.status_code == 302
    assert re.fullmatch(rf"{BULK}\d+/", response["Location"])
    return str(response["Location"])


def step(client: Client, page: str) -> Any:
    return client.post(f"{page}step/", headers={"Accept": "application/json"}).json()


def test_page_counts_by_state_and_nothing_happens_before_the_confirmation(
    operator: Client,
) -> None:
    emails = [make_email(status.value) for status in Status]
    page = ask(operator, "requeue")
    text = operator.get(page).content.decode()
    assert f"Requeue {len(REQUEUEABLE)} e-mails" in text
    # Each state it does not touch, and the sentence about changes.
    assert text.count("not affected") == len(Status) - len(REQUEUEABLE)
    assert text.count("These may have arrived already.") == 1  # the unknown ones
    assert step(operator, page) == {"done": 0, "moved": 0, "finished": False}
    assert [status_of(email) for email in emails] == list(Status)
    assert not LogEntry.objects.exists()


def test_page_tells_the_filter_so_that_none_is_not_taken_for_one(operator: Client) -> None:
    make_email("unknown", email_type="mine")
    question = "status__exact=unknown&email_type=mine&q=a%40b.c&past=9&p=2&o=-1"
    filtered = operator.get(ask(operator, "arrived", question)).content.decode()
    reported = re.findall(r"(\w+): <strong[^>]*>([^<]*)</strong>", filtered)
    assert reported == [("Status", "unknown"), ("Type", "mine"), ("Search", "a@b.c")]
    everything = operator.get(ask(operator, "arrived", "p=1")).content.decode()
    assert "No filter is set: this affects every e-mail." in everything
    assert "Mark 1 e-mail as arrived" in everything


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("requeue", dict.fromkeys(REQUEUEABLE, "pending")),
        ("cancel", {Status.PENDING: "cancelled"}),
        ("arrived", {Status.UNKNOWN: "completed"}),
    ],
)
def test_each_kind_moves_its_states_and_no_other(
    operator: Client, kind: str, after: dict[Status, str]
) -> None:
    emails = {status: make_email(status.value) for status in Status}
    page = ask(operator, kind)
    operator.post(f"{page}confirm/")
    for status, email in emails.items():
        assert status_of(email) == after.get(status, status)
    assert LogEntry.objects.count() == len(after)
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"root"}
    assert "Done:" in operator.get(page).content.decode()


def test_only_what_matches_the_filter_on_all_its_pages_is_touched(operator: Client) -> None:
    mine = [make_email("failed", email_type="mine") for _ in range(60)]  # more than a page
    other = make_email("failed", email_type="other")
    page = ask(operator, "requeue", "email_type=mine&status__exact=failed&p=2")
    operator.post(f"{page}confirm/")
    assert {status_of(email) for email in mine} == {"pending"}
    assert status_of(other) == "failed"


def test_search_is_part_of_the_filter(operator: Client) -> None:
    found, other = make_email("failed", ["zoe@example.org"]), make_email("failed")
    operator.post(f"{ask(operator, 'requeue', 'q=zoe')}confirm/")
    assert (status_of(found), status_of(other)) == ("pending", "failed")


def test_batches_go_on_until_all_is_done(operator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    emails = [make_email("failed") for _ in range(5)]
    page = ask(operator, "requeue")
    operator.post(f"{page}confirm/")
    assert "2</span> of 5" in operator.get(page).content.decode()
    assert step(operator, page) == {"done": 4, "moved": 4, "finished": False}
    assert step(operator, page) == {"done": 5, "moved": 5, "finished": True}
    assert step(operator, page) == {"done": 5, "moved": 5, "finished": True}
    assert {status_of(email) for email in emails} == {"pending"}
    assert LogEntry.objects.count() == 5


def test_pressed_twice_it_is_done_once(operator: Client) -> None:
    make_email("failed")
    page = ask(operator, "requeue")
    for _ in range(2):
        operator.post(f"{page}confirm/")
    assert LogEntry.objects.count() == 1
    assert BulkAction.objects.get().moved == 1


def test_what_changed_or_came_meanwhile_is_left_alone(operator: Client) -> None:
    changed, kept = make_email("failed"), make_email("failed")
    page = ask(operator, "requeue")
    EmailQueue.objects.filter(pk=changed.pk).update(status="cancelled")
    later = make_email("failed")
    operator.post(f"{page}confirm/")
    # Cancelled can be requeued too: what counts is whether it was there and still may be.
    assert status_of(later) == "failed"
    assert status_of(kept) == "pending"


@pytest.mark.fault(75)
def test_sent_meanwhile_is_not_cancelled(operator: Client) -> None:
    email = make_email()
    page = ask(operator, "cancel")
    sent = make_email("completed")
    EmailQueue.objects.filter(pk=email.pk).update(status="completed", sent_at=sent.sent_at)
    operator.post(f"{page}confirm/")
    assert status_of(email) == "completed"
    assert "1 skipped" in operator.get(page).content.decode()


def test_nonsense_in_the_filter_touches_nothing(operator: Client) -> None:
    email = make_email("failed")
    for question in ("nonsense__field=1", "status__bad=1", "user__password=x"):
        response = operator.post(BULK, {"kind": "requeue", "question": question})
        assert response["Location"] == "/admin/postroom/emailqueue/"
    assert operator.post(BULK, {"kind": "delete"}).status_code == 404
    assert status_of(email) == "failed"
    assert not BulkAction.objects.exists()


def test_every_step_is_a_post_by_who_may(client: Client) -> None:
    root(client)
    email = make_email("failed")
    page = ask(client, "requeue")
    for address in (BULK, f"{page}confirm/", f"{page}step/"):
        assert client.get(address).status_code == 405
    person(client, "view_emailqueue", "cancel_emailqueue")
    assert client.post(BULK, {"kind": "requeue"}).status_code == 403
    for address in (f"{page}confirm/", f"{page}step/"):
        assert client.post(address).status_code == 403
    assert client.get(page).status_code == 403
    assert "Requeue all" not in client.get("/admin/postroom/emailqueue/").content.decode()
    assert "Cancel all" in client.get("/admin/postroom/emailqueue/").content.decode()
    assert status_of(email) == "failed"
