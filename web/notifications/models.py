"""`NoticeFailure`: a change that was saved although its notice could not be built."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class NoticeFailure(models.Model):
    """A notice that could not be built, and why; commits with the change itself."""

    model = models.CharField(max_length=200, help_text="app.model of the changed row")
    object_id = models.CharField(max_length=255)
    field = models.CharField(max_length=100)
    template = models.CharField(max_length=255)
    old_label = models.TextField(blank=True)
    new_label = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField()
    error = models.TextField()
    traceback = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(
        "sent at", null=True, editable=False, help_text="When it was sent later; empty: not sent"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "failed notice"
        permissions = [("send_noticefailure", "Can send a failed notice again")]
        indexes = [
            models.Index(
                name="postroom_notice_failure_open",
                fields=["-id"],
                condition=models.Q(sent_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.field}"
