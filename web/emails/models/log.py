"""`EmailLog`: what happened, one row per attempt."""

from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property

from postroom.shared.status import AttemptOutcome
from postroom.web.emails.models import choices
from postroom.web.emails.models.email import EmailQueue
from postroom.web.emails.models.postgresql import BrinIndex

_SENT: Final = (AttemptOutcome.ACCEPTED.value, AttemptOutcome.PARTIAL.value)


class EmailLogManager(models.Manager["EmailLog"]):
    """Attempts, each with `sent_at` and `success`, for filters, order and values."""

    def get_queryset(self) -> models.QuerySet["EmailLog"]:
        """All attempts. Both are expressions over stored columns, and read only where named."""
        rows: Any = super().get_queryset()
        found: models.QuerySet[EmailLog] = rows.annotate(
            sent_at=F("created_at"),
            success=models.ExpressionWrapper(
                Q(outcome__in=_SENT), output_field=models.BooleanField()
            ),
        )
        return found


class EmailLog(models.Model):
    """One attempt, successful or not, written by the mailer (or the relay for a dead mailer).

    Read-only in the admin. `task_name` is the name of the job, notice or caller that queued the
    e-mail. Queries know `sent_at` (the time of the attempt) and `success` (the server accepted it
    for all or some recipients) as well:

        EmailLog.objects.filter(task_name="send_monthly_mou_emails", success=False)

    `possible_repeat` marks an attempt after which the e-mail is sent again although it may have
    arrived: the contract allows no repeat without such a row.
    """

    email = models.ForeignKey(EmailQueue, on_delete=models.CASCADE, related_name="log")
    attempt = models.PositiveIntegerField()
    outcome = models.CharField(max_length=13, choices=choices.OUTCOMES)
    phase = models.CharField(max_length=10, blank=True)
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    smtp_reply = models.TextField(blank=True)
    error = models.TextField(blank=True)
    possible_repeat = models.BooleanField(default=False)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    mailer = models.CharField(max_length=255, blank=True)
    task_name = models.CharField(max_length=100)
    claim_token = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[EmailLogManager] = EmailLogManager()

    class Meta:
        verbose_name = "attempt"
        verbose_name_plural = "attempts"
        ordering = ["id"]
        default_permissions = ("view",)
        # Rows are inserted in the order of time, so a BRIN index of a few kB finds the last hour.
        indexes = [
            BrinIndex(name="postroom_email_log_created", fields=["created_at"], autosummarize=True)
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt}: {self.outcome}"

    # A query sets both; these are for rows that no query has read.

    @cached_property
    def sent_at(self) -> Any:
        """The time of the attempt."""
        return self.created_at

    @cached_property
    def success(self) -> bool:
        """Whether the server accepted it for all or some recipients."""
        return self.outcome in _SENT
