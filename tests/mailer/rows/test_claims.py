"""Who owns an e-mail: the mailer's claim, its loss, and the relay's taking back."""

import threading
import uuid
from collections import Counter
from datetime import timedelta
from time import monotonic
from typing import Any

import psycopg
import pytest
from django.db.models.functions import Now
from django.utils import timezone

from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.leases import Leases
from postroom.mailer.rows.result import Result
from postroom.mailer.rows.store import Store
from postroom.shared.status import AttemptOutcome, OnUnknown, Priority, RecipientStatus, Status
from postroom.web.emails.models import EmailLog, EmailQueue, QueueControl
from postroom.web.emails.relaying import outbox
from tests.support.claims import AGO, accepted, address, lease_runs_out, store_of
from tests.support.queued_emails import make_email, status_of

AHEAD = timedelta(minutes=1)


@pytest.mark.fault(44)
def test_sixteen_mailers_claiming_the_same_rows_get_each_to_exactly_one(database_url: str) -> None:
    ids = [make_email().pk for _ in range(100)]
    start = threading.Barrier(16)
    claimed: list[tuple[str, int]] = []

    def claim(name: str) -> None:
        store = store_of(database_url, name)
        mine = ids[int(name) :] + ids[: int(name)]  # each in another order
        start.wait()
        # By tens, so that statements of all mailers are under way at the same time.
        found = [e.id for at in range(0, 100, 10) for e in store.claim(mine[at : at + 10])]
        claimed.extend((name, email_id) for email_id in found)
        store.close()

    threads = [threading.Thread(target=claim, args=(str(n),)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(email_id for _, email_id in claimed) == dict.fromkeys(ids, 1)
    owners = set(EmailQueue.objects.values_list("claimed_by", "id"))
    assert owners == set(claimed)
    assert set(EmailQueue.objects.values_list("status", "attempts")) == {("processing", 1)}
    assert EmailQueue.objects.values("claim_token").distinct().count() == 100


def test_date_is_when_the_email_became_ready_and_the_same_on_every_try(store: Store) -> None:
    moment = timezone.now() - timedelta(days=6)
    long_ago = moment - timedelta(days=9)
    cases: list[dict[str, Any]] = [
        {"created_at": moment},
        {"created_at": long_ago, "queued_at": moment},  # requeued
        {"created_at": long_ago, "queued_at": long_ago, "scheduled_at": moment},
    ]
    for times in cases:
        given: dict[str, Any] = {"created_at": long_ago, "queued_at": long_ago} | times
        email = make_email(**given)
        (first,) = store.claim([email.pk])
        lease_runs_out(email)
        outbox.take_back(10)
        EmailQueue.objects.filter(pk=email.pk).update(next_attempt_at=Now())
        (second,) = store.claim([email.pk])
        email.refresh_from_db()
        assert first.ready_at == second.ready_at == moment == email.ready_at


def test_claim_brings_all_that_sending_needs(store: Store) -> None:
    email = make_email(recipients=["a@example.org", "b@example.org"], on_unknown="hold")
    (claimed,) = store.claim([email.pk])
    assert (claimed.id, claimed.attempt, claimed.max_attempts) == (email.pk, 1, 8)
    assert claimed.message_id == email.message_id
    assert [r.address for r in claimed.recipients] == ["a@example.org", "b@example.org"]
    assert claimed.on_unknown is OnUnknown.HOLD
    assert store.claim([email.pk]) == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"next_attempt_at": Now() + AHEAD}, id="not due yet"),
        pytest.param({"expires_at": Now() + AGO}, id="expired"),
        pytest.param({"status": "completed"}, id="completed"),
        pytest.param({"status": "cancelled"}, id="cancelled"),
        pytest.param({"status": "unknown"}, id="unknown"),
        pytest.param({"status": "processing"}, id="somebody else's"),
    ],
)
def test_claim_leaves_what_is_not_due(store: Store, fields: dict[str, Any]) -> None:
    email = make_email(**fields)
    assert store.claim([email.pk]) == []
    assert status_of(email) == fields.get("status", "pending")


@pytest.mark.parametrize("lane", [*Priority, "all"])
def test_claim_leaves_a_paused_lane(store: Store, lane: str) -> None:
    emails = {priority: make_email(priority=priority.value) for priority in Priority}
    QueueControl.objects.create(lane=str(lane))
    claimed = {email.id for email in store.claim([email.pk for email in emails.values()])}
    assert claimed == {e.pk for priority, e in emails.items() if lane not in (priority, "all")}
    QueueControl.objects.all().delete()
    assert len(store.claim([email.pk for email in emails.values()])) == 3 - len(claimed)


def test_given_back_mail_is_due_at_once_and_its_attempt_does_not_count(store: Store) -> None:
    email = make_email()
    (claimed,) = store.claim([email.pk])
    back = Decision(Status.PENDING, AttemptOutcome.GIVEN_BACK, delay_seconds=0.0, counts=False)
    assert store.record([Result(claimed, {}, back, 0)]) == {claimed.claim_token}
    email.refresh_from_db()
    assert (email.status, email.attempts, email.published_at) == (Status.PENDING, 0, None)
    assert [e.attempt for e in store.claim([email.pk])] == [1]


def test_renew_keeps_what_is_ours_and_tells_what_is_lost(store: Store, other: Store) -> None:
    emails = [make_email(), make_email(), make_email()]
    kept, taken, done = store.claim([email.pk for email in emails])
    lease_runs_out(emails[1])
    outbox.take_back()
    other.claim([taken.id])
    store.record([accepted(done)])
    lease_runs_out(emails[0])
    assert store.renew([kept, taken, done]) == {kept.claim_token: True}
    # Renewed although it had run out: nobody had taken it back yet.
    assert outbox.take_back() == 0


def test_row_that_somebody_has_locked_costs_no_other_its_lease(
    store: Store, database_url: str
) -> None:
    emails = [make_email(), make_email()]
    free, locked = claimed = store.claim([email.pk for email in emails])
    leases = Leases(1000)
    leases.add(claimed, monotonic() - 500)
    with psycopg.connect(database_url) as somebody:
        somebody.execute("SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE", (locked.id,))
        leases.renew(store)
        assert leases.is_ours(locked), "its old lease runs on"
        held = leases._held
        assert held[free.claim_token][1] > held[locked.claim_token][1]
        assert store.renew(claimed) == {free.claim_token: True, locked.claim_token: False}
    leases.add([locked], monotonic() - 2000)
    leases.renew(store)
    assert leases.is_ours(locked)


@pytest.mark.fault(33)
def test_hand_over_is_refused_after_the_claim_is_lost(store: Store, other: Store) -> None:
    emails = [make_email(on_unknown="hold") for _ in range(3)]
    ours, late, taken = store.claim([email.pk for email in emails])
    lease_runs_out(emails[1])
    lease_runs_out(emails[2])
    EmailQueue.objects.filter(pk=late.id).update(claim_token=late.claim_token)
    other.claim([taken.id])
    assert store.hand_over([ours, late, taken]) == {ours.id}
    handed = EmailQueue.objects.filter(handover_at__isnull=False)
    assert [email.pk for email in handed] == [ours.id]


@pytest.mark.parametrize("handed_over", [False, True])
@pytest.mark.parametrize("used_up", [False, True])
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_mail_of_a_dead_mailer(
    store: Store, on_unknown: OnUnknown, used_up: bool, handed_over: bool
) -> None:
    email = make_email(on_unknown=on_unknown.value, max_attempts=1 if used_up else 8)
    (claimed,) = store.claim([email.pk])
    if handed_over:
        store.hand_over([claimed])
    assert outbox.take_back() == 0, "its lease still runs"
    lease_runs_out(email)
    assert outbox.take_back() == 1
    hold = on_unknown is OnUnknown.HOLD
    maybe_sent = handed_over or not hold
    expected = Status.PENDING
    if used_up or (hold and handed_over):
        expected = Status.UNKNOWN if maybe_sent else Status.FAILED
    email.refresh_from_db()
    assert email.status == expected
    assert (email.attempts, email.published_at, email.claim_token) == (1, None, None)
    assert ("may have been sent" in email.last_error) is maybe_sent
    log = EmailLog.objects.get()
    assert (log.outcome, log.claim_token) == ("lease_expired", uuid.UUID(claimed.claim_token))
    assert (log.mailer, log.attempt) == ("mailer-1", 1)
    # Only what goes out again may be a repeat.
    assert log.possible_repeat is (maybe_sent and expected == Status.PENDING)
    addresses = {Status.UNKNOWN: RecipientStatus.UNKNOWN, Status.FAILED: RecipientStatus.REFUSED}
    assert address(email) == addresses.get(expected, RecipientStatus.PENDING)


def test_last_attempt_that_was_not_made_leaves_what_others_have(store: Store) -> None:
    people = ["ann@example.org", "ben@example.org"]
    email = make_email(recipients=people, on_unknown="hold", max_attempts=1)
    email.recipients.filter(address="ann@example.org").update(status="accepted")
    store.claim([email.pk])
    lease_runs_out(email)
    assert outbox.take_back() == 1
    assert status_of(email) == Status.PARTIAL
    assert list(email.recipients.values_list("status", flat=True)) == ["accepted", "refused"]


@pytest.mark.fault(52)
def test_taking_back_skips_rows_another_relay_has_locked(store: Store, other: Store) -> None:
    emails = [make_email() for _ in range(20)]
    store.claim([email.pk for email in emails])
    EmailQueue.objects.update(lease_expires_at=Now() + AGO)
    counts: list[int] = []
    start = threading.Barrier(4)

    def take_back() -> None:
        from django.db import connection

        start.wait()
        counts.append(outbox.take_back())
        connection.close()

    threads = [threading.Thread(target=take_back) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert EmailLog.objects.filter(outcome="lease_expired").count() == 20
