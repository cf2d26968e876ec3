"""The tables of the queue; what each row means stands with its model."""

from postroom.web.emails.models.attachment import AttachmentBlob, EmailAttachment
from postroom.web.emails.models.bulk import BulkAction
from postroom.web.emails.models.email import EmailQueue
from postroom.web.emails.models.log import EmailLog
from postroom.web.emails.models.operation import Heartbeat, Mailer, QueueControl
from postroom.web.emails.models.recipient import EmailRecipient, Suppression

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
