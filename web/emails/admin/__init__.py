"""The admin pages of the queue; importing this package registers them.

Here live lists, filters, pages and their buttons. A view checks the permission, calls one function
and answers; queries live in `selectors.py` and `operating`, transitions in `transitions.py`.
"""

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
