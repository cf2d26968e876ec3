"""`EmailBatch`: the checks and rows of single calls, in fewer queries, all or nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from postroom.web.emails import selectors
from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import EmailRequestError, IdempotencyConflictError
from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue, EmailRecipient
from tests.support.concurrent_connections import in_thread, somebody_waits_for_us
from tests.support.queued_emails import send
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db


def call(**arguments: Any) -> dict[str, Any]:
    values = {
        "email_type": "inquiry_received",
        "subject": "Your inquiry",
        "recipients": ["ann@example.org"],
        "plain_body": "Thank you.",
    }
    return values | arguments


def batch_of(*keys: str, **arguments: Any) -> EmailBatch:
    batch = EmailBatch()
    for key in keys:
        batch.send_email_task(**call(idempotency_key=key, **arguments))
    return batch


def test_rows_are_those_of_single_calls() -> None:
    arguments = {
        "recipients": ["Ann <ann@example.org>"],
        "cc": ["ben@example.org"],
        "attachments": [("a.txt", b"abc", "text/plain")],
    }
    alone = send(idempotency_key="alone", **arguments)
    [together] = batch_of("together", **arguments).queue()

    def stored(email: EmailQueue) -> dict[str, Any]:
        times = ("created_at", "queued_at", "next_attempt_at")
        own = ("id", "message_id", "idempotency_key", "traceparent", *times)
        [row] = EmailQueue.objects.filter(pk=email.pk).values()
        people = email.recipients.order_by("pk").values_list("kind", "address", "display_name")
        return {k: v for k, v in row.items() if k not in own} | {"people": list(people)}

    assert stored(together) == stored(alone)
    assert EmailAttachment.objects.count() == 2
    assert AttachmentBlob.objects.count() == 1


def test_what_a_caller_changes_after_the_call_does_not_reach_the_batch() -> None:
    given: dict[str, Any] = {
        "reply_to": ["help@example.org"],
        "headers": {"X-Kind": "first"},
        "tags": ["first"],
        "metadata": {"kind": "first"},
    }
    batch = batch_of("k", **given)
    for value in given.values():
        value.clear()
    [row] = batch.queue()
    row.refresh_from_db()
    assert (row.reply_to, row.headers) == (["help@example.org"], {"X-Kind": "first"})
    assert (row.tags, row.metadata) == (["first"], {"kind": "first"})


def test_rows_come_in_the_order_of_the_calls_and_a_key_twice_is_one() -> None:
    standing = send(idempotency_key="b")
    rows = batch_of("a", "b", "c", "a").queue()
    assert [row.idempotency_key for row in rows] == ["a", "b", "c", "a"]
    assert rows[1].pk == standing.pk
    assert rows[0].pk == rows[3].pk
    assert EmailQueue.objects.count() == 3


def test_calls_without_a_key_are_never_the_same() -> None:
    assert len({row.pk for row in batch_of("", "").queue()}) == 2


def test_nothing_is_stored_before_queue_and_nothing_twice() -> None:
    batch = batch_of("a")
    assert not EmailQueue.objects.exists()
    batch.queue()
    assert batch.queue() == []
    assert EmailQueue.objects.count() == 1


def test_mistake_is_raised_by_its_call_and_leaves_the_others() -> None:
    batch = batch_of("a")
    with pytest.raises(EmailRequestError, match="recipients"):
        batch.send_email_task(**call(recipients=["nobody at all"]))
    assert len(batch.queue()) == 1


def test_key_of_another_call_lets_nothing_be_stored() -> None:
    send(idempotency_key="b", subject="other")
    with pytest.raises(IdempotencyConflictError, match="'b' was used"):
        batch_of("a", "b", "c").queue()
    assert list(EmailQueue.objects.values_list("idempotency_key", flat=True)) == ["b"]
    assert EmailRecipient.objects.count() == 1


def test_time_that_passed_before_it_was_queued_lets_nothing_be_stored() -> None:
    batch = batch_of("a")
    batch.send_email_task(**call(expires_at=timezone.now() + timedelta(hours=1)))
    [_, late] = batch._calls
    late.values["expires_at"] = timezone.now() - timedelta(seconds=1)
    with pytest.raises(EmailRequestError, match="expires_at"):
        batch.queue()
    assert not EmailQueue.objects.exists()


def test_batch_goes_with_the_callers_rollback() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        batch_of("a", "b").queue()
        raise ZeroDivisionError
    assert not EmailQueue.objects.exists()


def test_an_email_costs_one_query_beside_three_for_all() -> None:
    batch = batch_of(*(str(number) for number in range(100)))
    with CaptureQueriesContext(connection) as captured:
        batch.queue()
    assert len(captured) == 100 + 3
    assert EmailQueue.objects.count() == 100


def test_keys_that_stand_are_found_by_their_index_however_many() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is small here
    # Unordered: through few rows PostgreSQL may also go in the order of their ids.
    plan = selectors.with_keys([f"key-{n}" for n in range(500)]).order_by().explain()
    assert "postroom_email_idempotency_key" in plan, plan


@pytest.mark.django_db(transaction=True)
def test_key_used_by_another_transaction_meanwhile_is_one_email() -> None:
    rows: list[EmailQueue] = []
    with transaction.atomic():
        first = send(idempotency_key="b")
        thread = in_thread(lambda: rows.extend(batch_of("a", "b", "c").queue()))
        wait_until(somebody_waits_for_us)
    thread.join()
    assert [row.idempotency_key for row in rows] == ["a", "b", "c"]
    assert rows[1].pk == first.pk
    assert EmailQueue.objects.count() == 3
