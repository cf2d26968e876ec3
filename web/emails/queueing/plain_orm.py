"""Writes an e-mail by Django's plain ORM: the twin of `insertion.py` and the blobs' statement.

For the database of a site's own tests (SQLite), and on PostgreSQL with EMAIL_PLAIN_ORM. It takes
several statements where the other takes one, and writes equal rows; a test compares them.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.models.functions import Now

from postroom.web.emails.models import (
    AttachmentBlob,
    EmailAttachment,
    EmailQueue,
    EmailRecipient,
)
from postroom.web.emails.queueing.attachments import StoredFile
from postroom.web.emails.queueing.insertion import NewEmail
from postroom.web.emails.relaying import outbox


def insert(new: NewEmail) -> EmailQueue:
    """Insert the e-mail with its files and their bytes, and return its row.

    In the caller's transaction, and in a savepoint: all of it or nothing.

    Raises:
        IntegrityError: the idempotency key is used already.
    """
    with transaction.atomic(using=DEFAULT_DB_ALIAS):
        _store(new.stored)
        row = EmailQueue(**new.values)
        row.save(force_insert=True, using=DEFAULT_DB_ALIAS)
        people = [
            EmailRecipient(
                email=row, kind=a.kind.value, address=a.address, display_name=a.display_name
            )
            for a in new.addresses
        ]
        EmailRecipient.objects.using(DEFAULT_DB_ALIAS).bulk_create(people)
        attached = [EmailAttachment(email=row, blob_id=f.sha256, **_shared(f)) for f in new.stored]
        EmailAttachment.objects.using(DEFAULT_DB_ALIAS).bulk_create(attached)
        if connection.vendor == "postgresql":
            outbox.wake_relay()
    return row


def _shared(file: StoredFile) -> dict[str, Any]:
    """What a stored file says about the columns of its attachment."""
    names = [field.attname for field in EmailAttachment._meta.concrete_fields]
    return {name: getattr(file, name) for name in names if hasattr(file, name)}


def _store(files: Iterable[StoredFile]) -> None:
    """Write the bytes that are not there yet.

    Old ones are touched first, which locks them: clean-up then neither finds them old nor deletes
    them before this transaction has ended.
    """
    blobs = [
        AttachmentBlob(sha256=f.sha256, size=len(f.content), content=f.content)
        # Sorted, so that two requests with the same two files cannot wait for each other in turn.
        for f in sorted({f.sha256: f for f in files}.values(), key=lambda f: f.sha256)
    ]
    if not blobs:
        return
    known: models.QuerySet[AttachmentBlob] = AttachmentBlob.objects.using(DEFAULT_DB_ALIAS)
    for blob in blobs:
        old = known.filter(pk=blob.pk, created_at__lt=Now() - timedelta(hours=1))
        old.update(created_at=Now())
    known.bulk_create(blobs, ignore_conflicts=True)
