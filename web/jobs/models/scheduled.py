"""`ScheduledJob`: when a job of the registry runs next."""

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q

from postroom.web.jobs.status import Missed


class ScheduledJob(models.Model):
    """One job of the registry as `run_jobs` sees it.

    The schedule comes from the registry; operators enable and disable the job and request runs.
    `next_run_at` moves on before a run begins, so that a job that fails is not started again and
    again.
    """

    command = models.CharField(max_length=100, unique=True)
    summary = models.CharField(max_length=255)
    schedule = models.CharField(max_length=100, help_text="Cron expression")
    timezone = models.CharField(max_length=64)
    deadline = models.DurationField()
    missed = models.CharField(max_length=8, choices=[(m.value, m.value) for m in Missed])
    arguments = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)
    registered = models.BooleanField(default=True, help_text="Still in the code's list of jobs")
    next_run_at = models.DateTimeField(null=True, blank=True)
    last_due_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True, help_text='"Run now" was pressed')
    requested_by = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name = "scheduled job"
        ordering = ["command"]
        default_permissions = ("view",)
        permissions = [
            ("run_scheduledjob", "Can run a scheduled job now"),
            ("enable_scheduledjob", "Can enable and disable a scheduled job"),
        ]
        indexes = [
            models.Index(
                fields=["next_run_at"],
                name="postroom_scheduled_job_due",
                condition=Q(enabled=True, registered=True),
            ),
        ]

    def __str__(self) -> str:
        return self.command

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its schedule."""
        return ZoneInfo(self.timezone)
