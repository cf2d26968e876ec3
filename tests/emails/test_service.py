"""`send_email_task`: what a call stores, and what belongs to the caller's transaction."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from postroom.web.emails.errors import IdempotencyConflictError
from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue, EmailRecipient
from postroom.web.emails.operating import preview
from postroom.web.emails.service import email_service
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db


def attached(email: EmailQueue) -> list[tuple[str, str, bytes]]:
    """Name, type and bytes of every attachment."""
    files = EmailAttachment.objects.filter(email=email).select_related("blob")
    return [(file.name, file.mimetype, bytes(file.blob.content)) for file in files]


def test_every_argument_is_stored() -> None:
    due = timezone.now() + timedelta(hours=1)
    late = due + timedelta(days=1)
    arguments: dict[str, Any] = {
        "email_type": "award",
        "subject": "Nominated: Ünal & Söhne",
        "html_body": "<p>Hello</p>",
        "plain_body": "Hello",
        "source_app": "submissions",
        "related_model_id": "nomination:7",
        "reply_to": ["Office <office@example.org>"],
        "from_email": "Awards <awards@example.com>",
        "headers": {"X-Campaign": "spring"},
        "language": "de",
        "priority": "high",
        "scheduled_at": due,
        "expires_at": late,
        "idempotency_key": "nomination-7",
        "on_unknown": "hold",
        "tags": ["a", "b"],
        "metadata": {"n": 1},
        "list_id": "awards",
    }
    row = send(
        recipients=["Ann Lee <ann@example.org>", "ben@example.org"],
        cc=["cid@example.org"],
        bcc=["dan@example.org"],
        attachments=[("a.txt", b"abc", "text/plain")],
        **arguments,
    )
    stored = EmailQueue.objects.get(pk=row.pk)
    arguments["headers"] |= {"List-Id": "<awards.example.com>"}
    for name, value in arguments.items():
        assert getattr(stored, name) == value, name
    assert stored.next_attempt_at == stored.queued_at == due
    assert stored.status == "pending"
    assert (stored.attempts, stored.max_attempts) == (0, 8)
    people = EmailRecipient.objects.filter(email=row).values_list(
        "kind", "address", "display_name", "status"
    )
    assert list(people) == [
        ("to", "ann@example.org", "Ann Lee", "pending"),
        ("to", "ben@example.org", "", "pending"),
        ("cc", "cid@example.org", "", "pending"),
        ("bcc", "dan@example.org", "", "pending"),
    ]
    assert attached(row) == [("a.txt", "text/plain", b"abc")]


def test_template_and_context_are_stored_and_give_the_subject() -> None:
    context = {"site_name": "Club", "name": "Ann", "reference": "INQ-1", "topic": "Boats"}
    row = send(subject="", plain_body="", template_path="inquiry/received", context=context)
    row.refresh_from_db()
    assert (row.template_path, row.context) == ("inquiry/received", context)
    assert row.subject == "We have received your inquiry (INQ-1)"


@pytest.mark.parametrize(
    ("asked", "stored", "subject"),
    [("", "fr", "Salut"), ("de-AT", "de", "Hallo"), ("it", "fr", "Salut"), ("en", "en", "Hello")],
)
def test_row_has_the_language_of_the_variant_that_its_subject_is_in(
    tmp_path: Path, settings: Any, asked: str, stored: str, subject: str
) -> None:
    (tmp_path / "t").mkdir()
    for language, line in {"": "Hello", ".de": "Hallo", ".fr": "Salut"}.items():
        (tmp_path / f"t/subject{language}.txt").write_text(line)
        (tmp_path / f"t/body{language}.txt").write_text("{{ language }}")
    settings.POSTROOM = {"EMAIL_TEMPLATE_DIRS": [tmp_path], "LANGUAGE_CODE": "fr"}
    again = {"idempotency_key": "k", "subject": "", "plain_body": "", "template_path": "t"}
    row = send(language=asked, **again)
    assert (row.language, row.subject) == (stored, subject)
    assert preview.content_of(row).text == f"{stored}\n"
    settings.POSTROOM = {"EMAIL_TEMPLATE_DIRS": [tmp_path], "LANGUAGE_CODE": "de"}
    assert send(language=asked, **again).pk == row.pk


def test_first_ten_arguments_may_be_given_by_place() -> None:
    row = email_service.send_email_task(
        "t", "s", ["ann@example.org"], None, "", "<p>x</p>", "x", None, "app", 12
    )
    row.refresh_from_db()
    assert (row.html_body, row.source_app, row.related_model_id) == ("<p>x</p>", "app", "12")


def test_returned_row_is_the_one_that_is_stored() -> None:
    row = send(reply_to=["office@example.org"], tags=["a"], attachments=[("a.txt", b"a", "")])
    stored = EmailQueue.objects.get(pk=row.pk)
    for field in EmailQueue._meta.concrete_fields:
        assert getattr(row, field.attname) == getattr(stored, field.attname), field.attname
    assert row == stored
    row.subject = "Changed"
    row.save(update_fields=["subject"])  # no second row
    assert EmailQueue.objects.get().subject == "Changed"
    assert send().metadata is not send().metadata


def test_one_address_may_be_given_as_text_and_none_means_nothing() -> None:
    row = send(
        recipients="ann@example.org", cc=None, bcc=[], reply_to=None, headers=None, tags=None,
        metadata=None, context=None, attachments=None, html_body=None, related_model_id=None,
        source_app=None, language=None, list_id=None, idempotency_key=None,
    )  # fmt: skip
    row.refresh_from_db()
    assert row.recipients.count() == 1
    assert (row.reply_to, row.headers, row.tags, row.metadata, row.context) == ([], {}, [], {}, {})
    assert (row.html_body, row.related_model_id, row.source_app) == ("", "", "")
    assert (row.language, row.list_id, row.idempotency_key) == ("", "", "")


def test_address_given_twice_is_mailed_once_and_to_wins() -> None:
    row = send(
        recipients=["ann@example.org", "ANN@example.org"],
        cc=["ann@EXAMPLE.org"], bcc=["ben@example.org"],
    )  # fmt: skip
    assert list(row.recipients.values_list("kind", "address")) == [
        ("to", "ann@example.org"),
        ("bcc", "ben@example.org"),
    ]


def test_context_is_stored_as_the_mailer_reads_it_back() -> None:
    row = send(
        context={
            "day": date(2026, 3, 1), "moment": datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
            "price": Decimal("9.90"), "lazy": gettext_lazy("Monday"), "n": {1: "one"},
            "text": "</script>\u2028\\u0000 \\ \" 🛶", "none": None, "deep": [[[{}]]],
        }
    )  # fmt: skip
    row.refresh_from_db()
    assert row.context == {
        "day": "2026-03-01", "moment": "2026-03-01T08:30:00Z", "price": "9.90", "lazy": "Monday",
        "n": {"1": "one"}, "text": "</script>\u2028\\u0000 \\ \" 🛶", "none": None,
        "deep": [[[{}]]],
    }  # fmt: skip


def test_message_id_is_unique_and_of_the_senders_domain() -> None:
    ids = {send(from_email="Office <office@mail.example.com>").message_id for _ in range(5)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"<[0-9a-f]{32}@mail\.example\.com>", value) for value in ids)


def test_message_id_is_ascii_when_the_senders_domain_is_not() -> None:
    row = send(from_email="office@bücher.example")
    assert re.fullmatch(r"<[0-9a-f]{32}@xn--bcher-kva\.example>", row.message_id)


# --- the caller's transaction ---


@pytest.mark.fault(3)
def test_rollback_leaves_nothing() -> None:
    class Undo(Exception):
        pass

    with pytest.raises(Undo), transaction.atomic():
        send(attachments=[("a.txt", b"abc", "text/plain")], idempotency_key="k")
        raise Undo
    assert not EmailQueue.objects.exists()
    assert not EmailRecipient.objects.exists()
    assert not EmailAttachment.objects.exists()
    assert not AttachmentBlob.objects.exists()


def test_refused_call_leaves_the_callers_transaction_usable() -> None:
    with transaction.atomic():
        send(idempotency_key="k")
        with pytest.raises(IdempotencyConflictError):
            send(idempotency_key="k", subject="other")
        send()
    assert EmailQueue.objects.count() == 2


# --- attachments ---


ORDERED = {
    "fields": {"Name": 1, "Street": 2, "ZIP": 3, "City": {"zz": [{"b": 1, "a": 2}], "a": 1.0}},
    "a": "",
}


@pytest.mark.parametrize("field", ["context", "metadata"])
def test_keys_keep_their_order_at_any_depth(field: str) -> None:
    key = f"order-{field}"
    row = send(idempotency_key=key, **{field: ORDERED})
    stored = EmailQueue.objects.get(pk=row.pk)
    assert repr(getattr(stored, field)) == repr(ORDERED)
    stored.save()
    assert repr(getattr(EmailQueue.objects.get(pk=row.pk), field)) == repr(ORDERED)
    # JSON objects have no order, so a program that asks again may have written another one.
    assert send(idempotency_key=key, **{field: dict(reversed(ORDERED.items()))}).pk == row.pk


def test_header_fields_keep_their_order() -> None:
    row = send(headers={"X-Long-Name": "1", "X-A": "2", "X-Bee": "3"})
    assert [*EmailQueue.objects.get(pk=row.pk).headers] == ["X-Long-Name", "X-A", "X-Bee"]


def test_rows_are_found_by_what_their_context_holds() -> None:
    row = send(context=ORDERED)
    send(context={"fields": {"Name": 2}})
    found = EmailQueue.objects.filter
    for lookup in (
        {"context__fields__Name": 1},
        {"context__fields__City__zz__0__b__gte": 1},
        {"context__has_key": "a"},
        {"context__contains": {"a": ""}},
        {"context": dict(reversed(ORDERED.items()))},
    ):
        assert found(**lookup).get() == row
    assert found(context__fields__Name__in=[1, 2]).count() == 2
    assert not found(context__isnull=True)
    assert set(EmailQueue.objects.values_list("context__fields__Name", flat=True)) == {1, 2}


def test_a_time_in_the_past_means_now() -> None:
    row = send(scheduled_at=timezone.now() - timedelta(days=9))
    stored = EmailQueue.objects.get(pk=row.pk)
    assert stored.queued_at == stored.next_attempt_at == stored.created_at == stored.ready_at
