"""What operators decide: who, when, what was said before, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.db.models.functions import Now

from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.emails.operating.deciding import decisions
from tests.support.claims import store_of
from tests.support.queued_emails import make_email, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def said(email: EmailQueue) -> list[str]:
    """The recorded decisions about `email`, newest first."""
    return [entry.change_message for entry in decisions.history(email)]


def test_each_decision_is_recorded_with_the_person(ann: User) -> None:
    failed, waiting, doubted = make_email("failed"), make_email(), make_email("unknown")
    everything = [failed.pk, waiting.pk, doubted.pk]
    assert decisions.confirm_arrived(everything, ann) == 1
    assert decisions.cancel(everything, ann) == 1
    assert decisions.requeue([failed.pk], ann) == 1
    assert (said(failed), said(waiting), said(doubted)) == (
        ["Requeued."], ["Cancelled."], ["Marked as arrived."],
    )  # fmt: skip
    assert {entry.user for entry in LogEntry.objects.all()} == {ann}
    assert decisions.history(failed)[0].object_repr == f"inquiry_received #{failed.pk}"


def test_requeue_of_what_had_expired_says_so(ann: User) -> None:
    email = make_email("expired", expires_at=Now() - timedelta(days=2))
    assert decisions.requeue([email.pk], ann) == 1
    (message,) = said(email)
    assert message.startswith("Requeued, although it had expired at ")
    assert f"{email.expires_at:%Y}" in message


def test_arrived_names_the_person_and_leaves_the_time_of_sending_empty(ann: User) -> None:
    email = make_email("unknown")
    decisions.confirm_arrived([email.pk], ann)
    email.refresh_from_db()
    assert (email.status, email.sent_at, email.arrived_by) == ("completed", None, "ann")
    ann.delete()
    email.refresh_from_db()
    assert email.arrived_by == "ann"


def test_allowed_again_the_address_leaves_the_list_and_the_email_goes_out(ann: User) -> None:
    Suppression.objects.create(address="ann@example.org", reason="550 5.1.1 no such user")
    email = make_email("suppressed", ["Ann@Example.org"])
    assert decisions.requeue([email.pk], ann) == 0
    assert status_of(email) == "suppressed"
    assert decisions.allow_and_requeue([email.pk], ann) == 1
    assert status_of(email) == "pending"
    assert not Suppression.objects.exists()
    assert said(email) == ["Allowed ann@example.org again and requeued."]
    removed = LogEntry.objects.get(action_flag=DELETION)
    assert (removed.user, removed.object_repr) == (ann, "ann@example.org")
    assert removed.change_message == (
        f"Allowed again for e-mail #{email.pk}. It was suppressed because: 550 5.1.1 no such user"
    )


@pytest.mark.parametrize("status", ["completed", "pending", "processing"])
def test_allowing_touches_no_address_of_what_cannot_be_requeued(ann: User, status: str) -> None:
    Suppression.objects.create(address="ann@example.org")
    email = make_email(status)
    assert decisions.allow_and_requeue([email.pk], ann) == 0
    erased = make_email("suppressed", content_erased_at=Now())
    assert decisions.allow_and_requeue([erased.pk], ann) == 0
    assert Suppression.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mailer_suppresses_it_and_sends_it_when_it_is_allowed(
    ann: User, database_url: str
) -> None:
    for address in ("ann@example.org", "ben@example.org"):
        Suppression.objects.create(address=address)
    store = store_of(database_url, "mailer-1")
    email = make_email("pending", ["ann@example.org"])
    assert store.claim([email.pk]) == []
    assert email.recipients.get().status == "suppressed"
    decisions.allow_and_requeue([email.pk], ann)
    (claimed,) = store.claim([email.pk])
    store.close()
    assert [person.pending for person in claimed.recipients] == [True]
    assert list(Suppression.objects.values_list("address", flat=True)) == ["ben@example.org"]


def test_one_entry_that_forbids_many_is_removed_once(ann: User) -> None:
    Suppression.objects.create(address="ann@example.org")
    emails = [make_email("suppressed") for _ in range(3)]
    assert decisions.allow_and_requeue([email.pk for email in emails], ann) == 3
    assert LogEntry.objects.filter(action_flag=DELETION).count() == 1
    assert {tuple(said(email)) for email in emails} == {
        ("Allowed ann@example.org again and requeued.",)
    }


def test_many_are_decided_in_batches(ann: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(decisions, "_BATCH", 2)
    ids = [make_email("failed").pk for _ in range(5)]
    assert decisions.requeue(ids, ann) == 5
    assert decisions.requeue(ids, ann) == 0
    assert LogEntry.objects.count() == 5
