"""The admin pages of the queue; importing this registers them."""

from web.emails.admin.email import EmailQueueAdmin
from web.emails.admin.operation import MailerAdmin, QueueControlAdmin
from web.emails.admin.records import EmailLogAdmin, EmailRecipientAdmin
from web.emails.admin.suppression import SuppressionAdmin

__all__ = [
    "EmailLogAdmin",
    "EmailQueueAdmin",
    "EmailRecipientAdmin",
    "MailerAdmin",
    "QueueControlAdmin",
    "SuppressionAdmin",
]
