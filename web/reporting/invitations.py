"""Asks people who have unsubscribed whether they want a report again."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.service import email_service
from postroom.web.reporting import letters, subscriptions
from postroom.web.reporting.errors import RecipientError
from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient


def invite(schedule: ReportSchedule, user: Any, asked_by: Any, now: datetime) -> bool:
    """Ask a user who has unsubscribed by e-mail whether they want the report again; once a month.

    False: they were asked this month, also if they were removed since then and added again.

    Raises:
        ImproperlyConfigured: SITE_URL is not set.
        RecipientError: no e-mail can reach them.
    """
    subscriptions.check_account(user)
    with transaction.atomic():
        recipient, _ = ReportScheduleRecipient.objects.get_or_create(
            schedule=schedule,
            user=user,
            defaults={"is_subscribed": False, "unsubscribed_at": Now()},
        )
        if not recipient.is_subscribed:
            subscriptions.remember(schedule, user)  # others may remove the row before the answer
        mail = letters.invitation(recipient, asked_by, now)
        if EmailQueue.objects.filter(idempotency_key=mail["idempotency_key"]).exists():
            return False
        try:
            email_service.send_email_task(**mail)
        except EmailRequestError as error:
            raise RecipientError(f"This user cannot be asked. {error}") from error
        return True
