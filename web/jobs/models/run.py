"""`JobRun`: the history of jobs, one row per run."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from postroom.web.jobs.models.deleted import Runs
from postroom.web.jobs.status import RunStatus, Trigger


class JobRun(models.Model):
    """One run of a job, written by the process that runs it; read-only in the admin.

    `run_jobs` writes it earlier, when it claims the due time: `web/jobs/scheduling/claims.py`. The
    counts are committed together with the e-mails and changes they count.
    """

    command = models.CharField(max_length=100)
    status = models.CharField(
        max_length=9,
        default=RunStatus.RUNNING.value,
        choices=[(s.value, s.value) for s in RunStatus],
    )
    trigger = models.CharField(max_length=12, choices=[(t.value, t.value) for t in Trigger])
    requested_by = models.CharField(max_length=254, blank=True)
    scheduled_for = models.DateTimeField(null=True, blank=True, help_text="The due time")
    host = models.CharField(max_length=255, help_text="Host or pod, and process id")
    lock_token = models.UUIDField(null=True, blank=True)
    starts = models.PositiveSmallIntegerField(
        db_default=0, help_text="How often run_jobs has started a process for it"
    )
    retries = models.PositiveSmallIntegerField(
        db_default=0, help_text="Runs for the same due time that died before this one"
    )
    begin_by = models.DateTimeField(
        null=True,
        blank=True,
        help_text="A due run that has not begun by then is started again; one that was stopped "
        "with its scheduler is finished from then on",
    )
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    found = models.PositiveIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    already_sent = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0, help_text="Other processes that were refused")
    error = models.TextField(blank=True)
    over_deadline = models.BooleanField(
        db_default=False, help_text="Stopped by its scheduler because its time was over"
    )

    objects = Runs.as_manager()

    class Meta:
        verbose_name = "run"
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["command", "-started_at"], name="postroom_job_run_history"),
            models.Index(
                fields=["command"], name="postroom_job_run_running", condition=Q(status="running")
            ),
            models.Index(
                fields=["begin_by"],
                name="postroom_job_run_due",
                condition=Q(begin_by__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="postroom_job_run_open_or_finished",
                condition=Q(
                    status="due",
                    begin_by__isnull=False,
                    lock_token__isnull=True,
                    finished_at__isnull=True,
                )
                | Q(status="running", lock_token__isnull=False, finished_at__isnull=True)
                | (~Q(status__in=["due", "running"]) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.command} #{self.pk}: {self.status}"
