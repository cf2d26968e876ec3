"""Rows by plain ORM equal those of the one statement; runs on PostgreSQL, and on SQLite too."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import IdempotencyConflictError
from postroom.web.emails.models import AttachmentBlob, EmailQueue
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db

LATER = timezone.now() + timedelta(hours=1)
FILES = [("b.txt", b"two", "text/plain"), ("a.bin", b"one", ""), ("c.txt", b"two", "text/plain")]
CALLS: dict[str, dict[str, Any]] = {
    "short": {},
    "many people": {"recipients": ["Ann <ann@example.org>", "ben@example.org"], "bcc": ["c@d.org"]},
    "files": {"attachments": FILES},
    "data": {
        "context": {"zebra": 1, "apple": {"y": "ü", "b": [1.5, None, True]}},
        "metadata": {"zz": 1, "a": 2},
        "tags": ["b", "a"],
        "headers": {"X-Zebra": "1", "X-Apple": "2"},
    },
    "times": {"scheduled_at": LATER, "expires_at": LATER + timedelta(hours=1)},
    "all the rest": {
        "html_body": "<p>Thank you.</p>",
        "cc": ["d@example.org"],
        "reply_to": ["e@example.org"],
        "from_email": "Büro <office@example.com>",
        "language": "de",
        "priority": "bulk",
        "idempotency_key": "key",
        "on_unknown": "hold",
        "list_id": "news.example.org",
        "sensitive": True,
        "source_app": "shop",
        "related_model_id": 7,
    },
}
ANEW = {"id", "email_id", "message_id", "traceparent"}
MOMENTS = {"created_at", "queued_at", "next_attempt_at"}


@pytest.fixture(params=[False, True], ids=["one statement", "plain ORM"])
def by_both(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    settings.POSTROOM = {"EMAIL_PLAIN_ORM": request.param}
    yield


def columns(row: models.Model) -> dict[str, Any]:
    """All that is stored, as text where the order of keys counts."""
    fields = [field for field in row._meta.concrete_fields if field.attname not in ANEW]
    values = {field.attname: getattr(row, field.attname) for field in fields}
    return {
        name: repr(value) if isinstance(value, dict) else value for name, value in values.items()
    }


def stored(email: EmailQueue) -> list[dict[str, Any]]:
    """The e-mail with the times that are its statement's, recipients and files as they are."""
    row = columns(EmailQueue.objects.get(pk=email.pk))
    now = row["created_at"]
    row |= {name: "now" for name in MOMENTS if row[name] == now}
    rest = [*email.recipients.order_by("pk"), *email.attachments.order_by("pk")]
    return [row, *map(columns, rest)]


@pytest.mark.parametrize("arguments", CALLS.values(), ids=CALLS)
def test_rows_are_equal_field_by_field(settings: Any, arguments: dict[str, Any]) -> None:
    found = []
    for plain in (False, True):
        settings.POSTROOM = {"EMAIL_PLAIN_ORM": plain}
        with transaction.atomic():
            email = send(**arguments)
            # What the call returns is what the database has.
            assert columns(email) == columns(EmailQueue.objects.get(pk=email.pk))
            found.append(stored(email))
            transaction.set_rollback(True)
    assert found[0] == found[1]


@pytest.mark.usefixtures("by_both")
def test_rollback_stores_nothing() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send(attachments=FILES)
        raise ZeroDivisionError
    assert not EmailQueue.objects.exists()
    assert not AttachmentBlob.objects.exists()


@pytest.mark.usefixtures("by_both")
def test_same_key_is_the_same_email_for_calls_and_batches() -> None:
    first = send(idempotency_key="k", context={"b": 1, "a": 2})
    assert send(idempotency_key="k", context={"a": 2, "b": 1}).pk == first.pk
    with pytest.raises(IdempotencyConflictError):
        send(idempotency_key="k", subject="Other")
    batch = EmailBatch()
    for key in ("k", "k2", "k2"):
        arguments = {"context": {"b": 1, "a": 2}, "idempotency_key": key}
        batch.send_email_task(
            "inquiry_received", "Your inquiry", ["ann@example.org"], plain_body="Thank you.",
            **arguments,  # type: ignore[arg-type]
        )  # fmt: skip
    rows = batch.queue()
    assert [row.pk for row in rows] == [first.pk, first.pk + 1, first.pk + 1]
    assert EmailQueue.objects.count() == 2


@pytest.mark.usefixtures("by_both")
def test_key_that_another_transaction_used_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    first = send(idempotency_key="k")
    missed = EmailQueue.objects.filter

    def blind(*_: Any, **__: Any) -> models.QuerySet[EmailQueue]:
        monkeypatch.undo()
        return missed(pk=None)

    monkeypatch.setattr(EmailQueue.objects, "filter", blind)
    assert send(idempotency_key="k").pk == first.pk


@pytest.mark.usefixtures("by_both")
def test_bytes_that_are_there_are_kept_and_touched_when_old() -> None:
    send(attachments=FILES)
    AttachmentBlob.objects.update(created_at=Now() - timedelta(days=1))
    send(attachments=FILES[:1])
    young = AttachmentBlob.objects.filter(created_at__gt=Now() - timedelta(hours=1))
    assert [bytes(blob.content) for blob in young] == [b"two"]
    assert AttachmentBlob.objects.count() == 2


@pytest.mark.usefixtures("by_both")
def test_constraints_hold() -> None:
    email = send()
    for change in ({"status": "odd"}, {"priority": "odd"}, {"status": "completed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            EmailQueue.objects.filter(pk=email.pk).update(**change)


def test_the_tests_use_the_database_that_they_name() -> None:
    assert connection.alias == DEFAULT_DB_ALIAS
    assert connection.vendor in {"postgresql", "sqlite"}
