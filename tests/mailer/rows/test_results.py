"""Results against claims: those that stand, those that were lost, and answers that come late."""

import uuid

import psycopg
import pytest

from postroom.mailer.outcomes.outcome import Failed, Phase, Reply, Retry
from postroom.mailer.rows import recorder
from postroom.mailer.rows.store import Store
from postroom.shared.status import AttemptOutcome, RecipientStatus, Status
from postroom.web.emails.models import EmailLog, EmailQueue
from postroom.web.emails.relaying import outbox
from tests.support.claims import accepted, address, lease_runs_out, result, with_token
from tests.support.queued_emails import make_email, status_of


def test_locked_recipient_holds_up_no_other_that_is_taken_back(
    store: Store, database_url: str
) -> None:
    emails = [make_email(on_unknown="hold", max_attempts=1) for _ in range(3)]
    store.claim([email.pk for email in emails])
    for email in emails:
        lease_runs_out(email)
    locked = emails[1]
    with psycopg.connect(database_url) as somebody:
        somebody.execute(
            "SELECT 1 FROM postroom_emailrecipient WHERE email_id = %s FOR UPDATE", (locked.pk,)
        )
        assert outbox.take_back() == 2
        assert [status_of(email) for email in emails] == [
            Status.FAILED, Status.PROCESSING, Status.FAILED,
        ]  # fmt: skip
    assert outbox.take_back() == 1
    assert (status_of(locked), address(locked)) == (Status.FAILED, RecipientStatus.REFUSED)


def test_row_with_a_locked_recipient_is_told(store: Store, database_url: str) -> None:
    emails = [make_email(recipients=["ann@example.org", "ben@example.org"]) for _ in range(4)]
    ids = [email.pk for email in emails]
    assert store.locked([*ids, 10**9], recipients=True) == set()
    people = (
        "SELECT id FROM postroom_emailrecipient WHERE email_id = %s ORDER BY id LIMIT 1 FOR UPDATE"
    )
    with psycopg.connect(database_url) as somebody:
        somebody.execute(people, (ids[1],))
        somebody.execute("SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE", (ids[2],))
        assert store.locked(ids) == {ids[2]}
        assert store.locked(ids, recipients=True) == {ids[1], ids[2]}


@pytest.mark.fault(33)
def test_record_of_a_lost_claim_changes_nothing_and_is_logged_as_fenced(
    store: Store, other: Store
) -> None:
    email = make_email()
    (lost,) = store.claim([email.pk])
    lease_runs_out(email)
    assert outbox.take_back() == 1
    (held,) = other.claim([email.pk])
    before = EmailQueue.objects.values().get(pk=email.pk)
    assert store.record([accepted(lost)]) == set()
    assert EmailQueue.objects.values().get(pk=email.pk) == before
    log = EmailLog.objects.order_by("id").values_list("outcome", "claim_token", "mailer")
    assert list(log) == [
        ("lease_expired", uuid.UUID(lost.claim_token), "mailer-1"),
        ("fenced", uuid.UUID(lost.claim_token), "mailer-1"),
    ]
    assert other.record([accepted(held)]) == {held.claim_token}
    assert status_of(email) == Status.COMPLETED
    # Whoever writes the row: the name of what queued the e-mail.
    assert {row.task_name for row in EmailLog.objects.all()} == {"inquiry_received"}
    again = make_email(source_app="submissions")
    store.record([accepted(store.claim([again.pk])[0])])
    named = make_email(source_app="agreements", task_name="send_weekly_summary")
    store.record([accepted(store.claim([named.pk])[0])])
    names = EmailLog.objects.order_by("-pk").values_list("task_name", flat=True)
    assert list(names[:2]) == ["send_weekly_summary", "submissions"]


def test_record_with_a_foreign_token_changes_nothing(store: Store, other: Store) -> None:
    email = make_email()
    (claimed,) = store.claim([email.pk])
    foreign = with_token(claimed, str(uuid.uuid4()))
    assert other.record([accepted(foreign)]) == set()
    assert status_of(email) == Status.PROCESSING
    log = EmailLog.objects.get()
    assert (log.outcome, log.task_name) == ("fenced", "inquiry_received")


def test_recording_twice_moves_the_row_once(store: Store) -> None:
    email = make_email()
    (claimed,) = store.claim([email.pk])
    assert store.record([accepted(claimed)]) == {claimed.claim_token}
    assert store.recorded([accepted(claimed)]) == {claimed.claim_token: True}
    assert store.record([accepted(claimed)]) == set()
    outcomes = EmailLog.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["accepted", "fenced"]


def test_late_failure_does_not_reopen_anaddress(store: Store, other: Store) -> None:
    email = make_email(on_unknown="hold")
    (claimed,) = store.claim([email.pk])
    assert store.hand_over([claimed]) == {email.pk}
    lease_runs_out(email)
    outbox.take_back()
    assert (status_of(email), address(email)) == (Status.UNKNOWN, RecipientStatus.UNKNOWN)
    late = Retry(Phase.FINAL, Reply(451, "later"), "later")
    store.record([result(claimed, late, Status.PENDING, AttemptOutcome.RETRY)])
    assert (status_of(email), address(email)) == (Status.UNKNOWN, RecipientStatus.UNKNOWN)


def test_late_acceptance_tells_about_the_address_and_leaves_the_row(store: Store) -> None:
    email = make_email(on_unknown="hold")
    (claimed,) = store.claim([email.pk])
    assert store.hand_over([claimed]) == {email.pk}
    lease_runs_out(email)
    outbox.take_back()
    store.record([accepted(claimed)])
    assert (status_of(email), address(email)) == (Status.UNKNOWN, RecipientStatus.ACCEPTED)


def test_known_result_is_not_taken_for_recorded_because_the_relay_logged_its_lease(
    store: Store,
) -> None:
    email = make_email(on_unknown="hold")
    (claimed,) = store.claim([email.pk])
    assert store.hand_over([claimed]) == {email.pk}
    lease_runs_out(email)
    outbox.take_back()
    late = [accepted(claimed)]
    assert recorder._record(store, late, uncertain=True) == {claimed.claim_token: False}
    assert (status_of(email), address(email)) == (Status.UNKNOWN, RecipientStatus.ACCEPTED)
    outcomes = EmailLog.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["lease_expired", "fenced"]


def test_lost_and_standing_claim_of_one_email_in_one_batch(store: Store) -> None:
    """As when a mailer's old attempt ends beside its new one."""
    email = make_email()
    (lost,) = store.claim([email.pk])
    lease_runs_out(email)
    outbox.take_back()
    (held,) = store.claim([email.pk])
    refused = Failed(Phase.RCPT, Reply(550, "no"), "no")
    late = result(lost, refused, Status.FAILED, AttemptOutcome.FAILED)
    assert store.record([late, accepted(held)]) == {held.claim_token}
    assert (status_of(email), address(email)) == (Status.COMPLETED, RecipientStatus.ACCEPTED)
    outcomes = EmailLog.objects.exclude(outcome="lease_expired").values_list(
        "claim_token", "outcome"
    )
    assert {str(token): outcome for token, outcome in outcomes} == {
        lost.claim_token: "fenced",
        held.claim_token: "accepted",
    }


def test_locked_rows_are_told_from_free_ones_and_from_those_that_are_gone(
    store: Store, database_url: str
) -> None:
    free, locked, gone = (make_email().pk for _ in range(3))
    EmailQueue.objects.filter(pk=gone).delete()
    with psycopg.connect(database_url) as somebody:
        somebody.execute("SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE", (locked,))
        assert store.locked([free, locked, gone]) == {locked}
    assert store.locked([free, locked, gone]) == set()


def test_result_of_an_email_that_is_gone_waits_for_nobody_beside_a_locked_row(
    store: Store, database_url: str
) -> None:
    emails = [make_email() for _ in range(3)]
    claimed = store.claim([email.pk for email in emails])
    EmailQueue.objects.filter(pk=emails[0].pk).delete()
    results = [accepted(one) for one in claimed]
    tokens = [one.claim_token for one in claimed]
    recording = recorder.Recorder(store)
    with psycopg.connect(database_url) as somebody:
        somebody.execute(
            "SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE", (emails[1].pk,)
        )
        recording._wary = True
        assert recording.record(results) == {tokens[0]: False, tokens[2]: True}
    assert recording.record(results[1:2]) == {tokens[1]: True}
    assert [status_of(email) for email in emails[1:]] == [Status.COMPLETED] * 2
