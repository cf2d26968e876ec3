"""One decision about everything that matches a filter."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.functions import Now
from django.test import Client

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import BulkAction, EmailQueue, Suppression
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_email, status_of
from tests.support.users import person, root

pytestmark = pytest.mark.django_db
BULK = "/admin/postroom/emailqueue/bulk/"
LEFT = {Status.CANCELLED, Status.EXPIRED}  # requeued only where somebody says so


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
    # Not the cancelled one, and the expired one only if that is chosen as well.
    assert f"Requeue {len(REQUEUEABLE) - 2} e-mails" in text
    # Each state it does not touch, and the sentence about changes.
    assert text.count("not affected") == len(Status) - len(REQUEUEABLE)
    assert "1 e-mail may have arrived already, and will be sent again." in text
    assert "1 e-mail was cancelled by somebody and stays so." in text
    assert "1 e-mail has expired: sent only if you choose that as well." in text
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
        ("requeue", dict.fromkeys(REQUEUEABLE - LEFT, "pending")),
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
    EmailQueue.objects.filter(pk=changed.pk).update(status="unknown")
    later = make_email("failed")
    operator.post(f"{page}confirm/")
    # What counts is whether it was there and still may be.
    assert (status_of(later), status_of(changed)) == ("failed", "pending")
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


@pytest.mark.parametrize("question", ["", "email_type=inquiry_received", "status__exact=failed"])
def test_what_people_cancelled_stays_so_unless_the_filter_names_that_state(
    operator: Client, question: str
) -> None:
    cancelled = make_email("cancelled")
    make_email("failed")
    operator.post(f"{ask(operator, 'requeue', question)}confirm/")
    assert status_of(cancelled) == "cancelled"
    operator.post(f"{ask(operator, 'requeue', 'status__exact=cancelled')}confirm/")
    assert status_of(cancelled) == "pending"


def test_cancelled_after_the_page_was_shown_it_stays_so(operator: Client) -> None:
    email = make_email("failed")
    page = ask(operator, "requeue")
    EmailQueue.objects.filter(pk=email.pk).update(status="cancelled")
    operator.post(f"{page}confirm/")
    assert status_of(email) == "cancelled"
    assert "1 skipped" in operator.get(page).content.decode()


@pytest.mark.parametrize("chosen", [False, True])
def test_what_expired_is_sent_only_where_that_is_ticked(operator: Client, chosen: bool) -> None:
    over = make_email("failed", expires_at=Now() - timedelta(days=2))
    fresh = make_email("failed")
    page = ask(operator, "requeue")
    text = operator.get(page).content.decode()
    assert f"1 e-mail has expired at {over.expires_at:%-d %b %Y, %H:%M:%S} UTC" in text
    assert "Also send the 1 e-mail that has expired" in text
    operator.post(f"{page}confirm/", {"expired": "yes"} if chosen else {})
    assert (status_of(fresh), status_of(over)) == ("pending", "pending" if chosen else "failed")


def test_expired_between_the_page_and_the_press_it_is_skipped(operator: Client) -> None:
    email = make_email("failed", expires_at=Now() + timedelta(hours=1))
    page = ask(operator, "requeue")
    EmailQueue.objects.update(expires_at=Now() - timedelta(seconds=1))
    operator.post(f"{page}confirm/")
    assert status_of(email) == "failed"


def test_suppressed_ones_are_counted_apart_and_have_an_action_of_their_own(
    operator: Client,
) -> None:
    Suppression.objects.create(address="gone@example.org", reason="550 5.1.1")
    held = [make_email("failed", ["gone@example.org"]) for _ in range(3)]
    free = make_email("failed")
    page = ask(operator, "requeue")
    assert "3 e-mails cannot be sent: every address still to be" in operator.get(page).text
    operator.post(f"{page}confirm/")
    assert (status_of(free), {status_of(email) for email in held}) == ("pending", {"failed"})
    assert "Allow the suppressed addresses again…" in operator.get(page).text
    page = ask(operator, "allow")
    assert "Allow the addresses of 3 e-mails again and requeue" in operator.get(page).text
    operator.post(f"{page}confirm/")
    assert {status_of(email) for email in held} == {"pending"}
    assert not Suppression.objects.exists()


def test_who_may_not_edit_the_list_is_not_offered_to_allow(client: Client) -> None:
    person(client, "view_emailqueue", "requeue_emailqueue")
    make_email("failed")
    assert "Allow the addresses" not in client.get("/admin/postroom/emailqueue/").text
    assert client.post(BULK, {"kind": "allow"}).status_code == 403


def test_afterwards_the_page_follows_its_emails_to_their_end(operator: Client) -> None:
    emails = [make_email("failed") for _ in range(5)]
    page = ask(operator, "requeue")
    EmailQueue.objects.filter(pk=emails[4].pk).update(status="completed", sent_at=Now())
    operator.post(f"{page}confirm/")
    text = operator.get(page).text
    assert "1 skipped" in text
    assert "4 e-mails have still to be sent." in " ".join(text.split())
    bulk_id = BulkAction.objects.get().pk
    assert bulk.now(bulk_id) == {"pending": 4}
    for email, status in zip(emails, ("failed", "suppressed", "completed"), strict=False):
        EmailQueue.objects.filter(pk=email.pk).update(status=status, sent_at=Now())
    EmailQueue.objects.filter(pk=emails[3].pk).delete()
    assert bulk.now(bulk_id) == {"completed": 1, "failed": 1, "suppressed": 1, "deleted": 1}
    text = operator.get(page).text
    assert "All of them have ended." in text


def test_ids_of_old_actions_are_forgotten(operator: Client) -> None:
    make_email("failed")
    done, asked = ask(operator, "requeue"), ask(operator, "requeue")
    operator.post(f"{done}confirm/")
    BulkAction.objects.update(created_at=Now() - timedelta(days=31))
    ask(operator, "requeue")
    assert operator.get(asked).status_code == 404
    assert "Done:" in operator.get(done).text
    assert bulk.now(int(done.split("/")[-2])) == {}


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
