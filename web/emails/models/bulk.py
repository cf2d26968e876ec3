"""`BulkAction`: one decision about many e-mails, processed in batches."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from postroom.web.emails.models.postgresql import BigIntegers

ACTIONS = [
    ("requeue", "Requeue"),
    ("allow", "Allow again and requeue"),
    ("cancel", "Cancel"),
    ("arrived", "Mark as arrived"),
]


class BulkAction(models.Model):
    """What a filter found when the operator chose an action, and how far the action has come.

    The e-mails are fixed at that moment, so that the confirmation page says what will happen; each
    batch moves only those whose status still allows the action.
    """

    action = models.CharField(max_length=7, choices=ACTIONS)
    question = models.TextField(blank=True, help_text="The list's filter, as in its URL")
    email_ids = BigIntegers(help_text="Emptied 30 days after the end")
    expired_ids = BigIntegers(help_text="Only sent if the operator says so")
    skipped_ids = BigIntegers(help_text="Their status did not allow it any more")
    total = models.PositiveIntegerField()
    named = models.JSONField(default=list, help_text="The states that the filter names")
    forecast = models.JSONField(
        default=dict, help_text="What it would do, by number, when it was chosen"
    )
    with_expired = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0, help_text="Processed")
    moved = models.PositiveIntegerField(default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.get_action_display()} #{self.pk}"
