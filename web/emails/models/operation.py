"""What operators see of the running mailers, and how they hold them back."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from shared.status import Priority


class Mailer(models.Model):
    """The heartbeat of one mailer process, renewed every few seconds."""

    name = models.CharField(max_length=255, primary_key=True)
    version = models.CharField(max_length=50)
    state = models.CharField(max_length=20)
    in_flight = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "email_mailer"
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return self.name


class QueueControl(models.Model):
    """A pause of one lane, or of all: mail waits as `pending` until the row is gone."""

    lane = models.CharField(max_length=6, primary_key=True, help_text="A priority, or all")
    paused_by = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    paused_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "email_queue_control"
        default_permissions = ("view",)
        permissions = [("pause_queuecontrol", "Can pause and resume sending")]
        constraints = [
            models.CheckConstraint(
                name="control_lane_known",
                condition=Q(lane__in=["all", *[p.value for p in Priority]]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lane} paused"
