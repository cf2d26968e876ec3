"""The tables of the queue; what each row means stands with its model."""

from web.emails.models.attachment import AttachmentBlob, EmailAttachment
from web.emails.models.bulk import BulkAction
from web.emails.models.email import EmailQueue
from web.emails.models.log import EmailLog
from web.emails.models.operation import Heartbeat, Mailer, QueueControl
from web.emails.models.recipient import EmailRecipient, Suppression

__all__ = [
    "AttachmentBlob",
    "BulkAction",
    "EmailAttachment",
    "EmailLog",
    "EmailQueue",
    "EmailRecipient",
    "Heartbeat",
    "Mailer",
    "QueueControl",
    "Suppression",
]
