"""What a state means, in words that say no more than what is known."""

from typing import Final

from postroom.shared.status import FINISHED, RecipientStatus, Status
from postroom.web.emails.models import EmailQueue, EmailRecipient
from postroom.web.emails.operating.deciding.spoken import spoken

_MEANINGS: Final[dict[str, str]] = {
    Status.PENDING: "Waiting to be sent.",
    Status.PROCESSING: "A mailer is sending it now.",
    Status.COMPLETED: "The mail server accepted it for every recipient.",
    Status.PARTIAL: "The mail server accepted it for some recipients and permanently refused the "
    "others. Requeue sends it only to those that did not accept it.",
    Status.FAILED: "Not sent: the error is permanent, or there are no attempts or no time left. "
    "Requeue gives it a full set of new attempts.",
    Status.UNKNOWN: "It may have arrived: the mail server's reply was not received. It is not sent "
    "again without a decision; Requeue may deliver it twice.",
    Status.CANCELLED: "Cancelled before it was sent.",
    Status.EXPIRED: "Expired before it could be sent.",
    Status.SUPPRESSED: "Not sent: every address still to be tried is on the suppression list.",
}


def meaning(email: EmailQueue) -> str:
    """The sentence about its state; of what a person marked as arrived, who and when."""
    ended = email.status in (Status.COMPLETED, Status.PARTIAL)
    if not ended or email.sent_at or not email.arrived_at:
        return _MEANINGS[email.status]
    by = email.arrived_by or "somebody"
    text = f"Marked as arrived by {by} at {spoken(email.arrived_at)}. The mail server's answer is "
    text += "not known."
    if email.status == Status.PARTIAL:
        text += " The other addresses refused it; Requeue sends it only to those."
    return text


def recipient_state(email: EmailQueue, row: EmailRecipient) -> str:
    """The word for the state of one address, which says no more than what is known."""
    if row.status == RecipientStatus.ACCEPTED and row.smtp_code is None and email.arrived_at:
        return "Marked as arrived"
    if row.status == RecipientStatus.PENDING and email.status in FINISHED:
        return "Not tried" if email.attempts == 0 else "Not sent"
    return row.get_status_display()
