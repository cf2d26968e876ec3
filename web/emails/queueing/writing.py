"""Writes a checked e-mail, once however often its key is used."""

from django.db import IntegrityError, connection, transaction

from postroom.web.conf import conf
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing import arguments, insertion, not_sent, plain_orm
from postroom.web.emails.queueing import attachments as files
from postroom.web.emails.queueing.idempotency import check_same_call, is_duplicate_key
from postroom.web.emails.queueing.insertion import NewEmail
from postroom.web.emails.signals import email_queued


def insert(new: NewEmail) -> EmailQueue:
    """Write a checked e-mail whose key, if it has one, is not used yet.

    Raises:
        EmailRequestError: `expires_at` has passed.
        IntegrityError: the key is used already (see `is_duplicate_key`).
    """
    row = _written(new)
    if email_queued.receivers:
        email_queued.send_robust(EmailQueue, email=row)
    return row


def _written(new: NewEmail) -> EmailQueue:
    arguments.check_not_over(new.values["expires_at"])
    if conf.send != "queue":
        new = not_sent.end(new)
    if connection.vendor != "postgresql" or conf.email_plain_orm:
        return plain_orm.insert(new)
    if not new.stored:
        return insertion.insert(new)
    with transaction.atomic():
        files.store(new.stored)
        return insertion.insert(new)


def insert_once(new: NewEmail) -> EmailQueue:
    """Insert unless the key exists; the unique constraint decides between two calls at once."""
    first = EmailQueue.objects.filter(idempotency_key=new.key).first()
    if first is None:
        try:
            with transaction.atomic():
                return insert(new)
        except IntegrityError as error:
            if not is_duplicate_key(error):
                raise
            first = EmailQueue.objects.get(idempotency_key=new.key)
    check_same_call(first, new)
    return first
