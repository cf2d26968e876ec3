"""What was queued about changes, in its order."""

from collections.abc import Sequence

from postroom.web.emails.models import EmailQueue


def reported() -> list[tuple[str, str, str]]:
    """(address, old label, new label) of every queued notice, oldest first."""
    emails = EmailQueue.objects.order_by("pk").prefetch_related("recipients")
    return [
        (recipient.address, email.context["old"], email.context["new"])
        for email in emails
        for recipient in email.recipients.all()
    ]


def steps() -> Sequence[tuple[str, str]]:
    """The same without addresses."""
    return [(old, new) for _, old, new in reported()]
