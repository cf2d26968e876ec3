"""Sends a copy of an e-mail to another address: a new e-mail that names the old one."""

import hashlib
from typing import Final

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from postroom.web.emails.attachment import Attachment
from postroom.web.emails.erasing import why_not_shown
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.lists.headers import LIST_FIELDS
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.service import faithful_service

ORIGINAL: Final = "sent_again_from"  # in the new e-mail's metadata


def send_again(email: EmailQueue, address: str, user: User, *, press: str) -> EmailQueue:
    """Queue the content of `email` for `address`. The new e-mail.

    `press` identifies one rendering of the form, so that a double click queues one e-mail.

    Raises:
        EmailRequestError: the address is not valid, or the old content no longer is, or nobody may
            see it.
    """
    if reason := why_not_shown(email):
        raise EmailRequestError("content", reason)
    address = address.strip()
    key = hashlib.sha256(f"{email.pk} {press} {address}".encode()).hexdigest()
    files = EmailAttachment.objects.filter(email=email).select_related("blob").order_by("pk")
    with transaction.atomic():
        # The lock makes a second click wait, and then find the e-mail of the first.
        EmailQueue.objects.select_for_update().only("pk").get(pk=email.pk)
        before = EmailQueue.objects.filter(idempotency_key=f"again-{key}").first()
        if before is not None:
            return before
        new = faithful_service.send_email_task(
            email_type=email.email_type,
            subject=email.subject,
            recipients=[address],
            context=email.context,
            template_path=email.template_path,
            html_body=email.html_body,
            plain_body=email.plain_body,
            attachments=[_part(file) for file in files],
            source_app=email.source_app,
            related_model_id=email.related_model_id,
            reply_to=email.reply_to,
            from_email=email.from_email,
            headers=_headers(email),
            language=email.language,
            priority=email.priority,
            on_unknown=email.on_unknown,
            tags=email.tags,
            metadata={**email.metadata, ORIGINAL: email.pk},
            list_id=email.list_id,
            idempotency_key=f"again-{key}",
        )
        LogEntry.objects.log_actions(
            user_id=user.pk,
            queryset=EmailQueue.objects.filter(pk=email.pk),
            action_flag=CHANGE,
            change_message=f"Sent again to {address} as #{new.pk}.",
        )
    return new


def _headers(email: EmailQueue) -> dict[str, str]:
    """Without the links that would unsubscribe the first recipient; the call adds new ones."""
    return {name: one for name, one in email.headers.items() if name.lower() not in LIST_FIELDS}


def _part(file: EmailAttachment) -> Attachment:
    content = bytes(file.blob.content)
    return Attachment(file.name, content, file.mimetype, file.disposition, file.content_id)
