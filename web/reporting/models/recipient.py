"""Users who receive a schedule's reports, and users who have unsubscribed from it."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from postroom.web.reporting.models.schedule import ReportSchedule


def make_token() -> str:
    """256 random bits. Links in e-mails contain them signed (`web/reporting/subscriptions.py`)."""
    return secrets.token_urlsafe(32)


class ReportScheduleRecipient(models.Model):
    """One user of one schedule; only subscribed ones receive e-mails."""

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="recipients")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_subscriptions"
    )
    is_subscribed = models.BooleanField("subscribed", default=True, editable=False)
    unsubscribe_token = models.CharField(
        max_length=64, unique=True, default=make_token, editable=False
    )
    subscribed_at = models.DateTimeField(db_default=Now(), editable=False)
    unsubscribed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "recipient"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="postroom_report_recipient_once", fields=["schedule", "user"]
            ),
            models.CheckConstraint(
                name="postroom_report_recipient_unsubscribed_at",
                condition=Q(is_subscribed=True) | Q(unsubscribed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.schedule}"


class ReportUnsubscription(models.Model):
    """A user who has unsubscribed from a schedule, until they themselves subscribe again.

    Apart from the recipient, which others can remove, and from the account's address, which can
    change. `addresses`: those suppressed for this, which the user's return allows again.
    """

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="unsubscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    addresses = models.JSONField(default=list)

    class Meta:
        verbose_name = "unsubscription"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="postroom_report_unsubscription_once", fields=["schedule", "user"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.schedule}"
