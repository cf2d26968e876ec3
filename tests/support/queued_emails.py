"""Makes e-mails in any state, as the services would have left them."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from postroom.shared.status import RecipientStatus, Status
from postroom.web.emails.models import EmailLog, EmailQueue, EmailRecipient
from postroom.web.emails.service import email_service

_RECIPIENTS = {
    Status.COMPLETED: RecipientStatus.ACCEPTED,
    Status.FAILED: RecipientStatus.REFUSED,
    Status.UNKNOWN: RecipientStatus.UNKNOWN,
    Status.SUPPRESSED: RecipientStatus.SUPPRESSED,
}


def make_email(
    status: str = "pending", recipients: Sequence[str] = ("ann@example.org",), **fields: Any
) -> EmailQueue:
    """One row in `status` with its recipients; `fields` win over what the state implies.

    A partial e-mail was accepted for its first address and refused for the others; its only
    address refused it.
    """
    values: dict[str, Any] = {
        "email_type": "inquiry_received",
        "subject": "Your inquiry",
        "from_email": "office@example.org",
        "plain_body": "Thank you.",
        "status": str(status),
        "message_id": f"<{uuid.uuid4().hex}@example.org>",
        "max_attempts": 8,
    }
    match status:
        case Status.PROCESSING:
            values |= {
                "claim_token": uuid.uuid4(),
                "claimed_by": "mailer-1",
                "lease_expires_at": timezone.now() + timedelta(minutes=1),
                "attempts": 1,
            }
        case Status.COMPLETED | Status.PARTIAL:
            values |= {"sent_at": Now(), "attempts": 1}
        case Status.FAILED | Status.UNKNOWN:
            values |= {"last_error": "550 5.1.1 No such user", "attempts": 1}
    email = EmailQueue.objects.create(**values | fields)
    default = _RECIPIENTS.get(Status(status), RecipientStatus.PENDING)
    if status == Status.PARTIAL:
        default = RecipientStatus.REFUSED
    for place, address in enumerate(recipients):
        first = status == Status.PARTIAL and place == 0 and len(recipients) > 1
        state = RecipientStatus.ACCEPTED if first else default
        EmailRecipient.objects.create(email=email, kind="to", address=address, status=state.value)
    email.refresh_from_db()
    return email


def send(**arguments: Any) -> EmailQueue:
    """One plain e-mail, with `arguments` changed."""
    call: dict[str, Any] = {
        "email_type": "inquiry_received",
        "subject": "Your inquiry",
        "recipients": ["ann@example.org"],
        "plain_body": "Thank you.",
    }
    return email_service.send_email_task(**call | arguments)


def make_attempt(email: EmailQueue, **fields: Any) -> EmailLog:
    """One attempt of `email`."""
    values = {"attempt": 1, "outcome": "failed", "task_name": "mailer.deliver"}
    return EmailLog.objects.create(email=email, **values | fields)


def status_of(email: EmailQueue) -> str:
    """Its state now, read afresh."""
    return EmailQueue.objects.values_list("status", flat=True).get(pk=email.pk)
