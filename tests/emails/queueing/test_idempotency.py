"""An idempotency key: one e-mail however often and however concurrently it is asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from postroom.web.emails.errors import IdempotencyConflictError
from postroom.web.emails.models import EmailAttachment, EmailQueue, EmailRecipient
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db


@pytest.mark.fault(16)
def test_same_key_and_call_returns_the_first_email() -> None:
    arguments = {
        "idempotency_key": "order-1",
        "attachments": [("a.txt", b"abc", "text/plain")],
        "context": {"a": 1, "b": 2},
    }
    first = send(**arguments)
    again = send(**arguments | {"context": {"b": 2, "a": 1}})
    assert again.pk == first.pk
    assert EmailQueue.objects.count() == 1
    assert EmailRecipient.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "other"}, {"plain_body": "other"}, {"recipients": ["ben@example.org"]},
        {"cc": ["ben@example.org"]}, {"email_type": "other"}, {"metadata": {"a": 1}},
        {"attachments": [("a.txt", b"abc", "text/plain")]}, {"priority": "bulk"},
        {"scheduled_at": datetime(2099, 1, 1, tzinfo=UTC)}, {"headers": {"X-A": "b"}},
        {"recipients": ["Ann <ann@example.org>"]}, {"on_unknown": "hold"},
    ],
)  # fmt: skip
def test_same_key_for_another_call_is_refused(change: dict[str, Any]) -> None:
    first = send(idempotency_key="order-1")
    with pytest.raises(IdempotencyConflictError, match=rf"idempotency_key: .*e-mail {first.pk} "):
        send(idempotency_key="order-1", **change)
    assert EmailQueue.objects.count() == 1


def test_calls_without_a_key_are_never_the_same() -> None:
    assert send().pk != send().pk


@pytest.mark.fault(16)
@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_key_queue_one_email() -> None:
    def call(_: int) -> int:
        try:
            with transaction.atomic():
                return send(idempotency_key="once", attachments=[("a", b"x", "text/plain")]).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(call, range(8)))
    assert len(ids) == 1
    assert EmailQueue.objects.count() == 1
    assert EmailRecipient.objects.count() == 1
    assert EmailAttachment.objects.count() == 1
