"""The admin pages of the queue; importing this registers them."""

from postroom.web.emails.admin.email import EmailQueueAdmin
from postroom.web.emails.admin.operation import MailerAdmin, QueueControlAdmin
from postroom.web.emails.admin.records import EmailLogAdmin, EmailRecipientAdmin
from postroom.web.emails.admin.suppression import SuppressionAdmin

__all__ = [
    "EmailLogAdmin",
    "EmailQueueAdmin",
    "EmailRecipientAdmin",
    "MailerAdmin",
    "QueueControlAdmin",
    "SuppressionAdmin",
]
