"""`EmailLog`: what happened, one row per attempt."""

from django.db import models
from django.db.models.functions import Now

from postroom.web.emails.models import choices
from postroom.web.emails.models.email import EmailQueue
from postroom.web.emails.models.postgresql import BrinIndex


class EmailLog(models.Model):
    """One attempt, successful or not, written by the mailer (or the relay for a dead mailer).

    Read-only in the admin. `possible_repeat` marks an attempt after which the e-mail is sent again
    although it may have arrived: the contract allows no repeat without such a row.
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
