"""The tables of the queue.

Here live models, their constraints and indexes; the docstring of each model says what a row means.
Statements that change `status` do not: see `transitions.py` and `relaying/outbox.py`.
"""

from postroom.web.emails.models.attachment import AttachmentBlob, EmailAttachment
from postroom.web.emails.models.bulk import BulkAction
from postroom.web.emails.models.email import EmailQueue
from postroom.web.emails.models.log import EmailLog
from postroom.web.emails.models.operation import (
    Heartbeat,
    Installation,
    Mailer,
    QueueControl,
)
from postroom.web.emails.models.recipient import EmailRecipient, Suppression

__all__ = [
    "AttachmentBlob",
    "BulkAction",
    "EmailAttachment",
    "EmailLog",
    "EmailQueue",
    "EmailRecipient",
    "Heartbeat",
    "Installation",
    "Mailer",
    "QueueControl",
    "Suppression",
]
