"""The history of schedules: one row per run, and one per recipient's e-mail."""

from typing import Any

from django.db import models
from django.db.models import Case, Count, F, FloatField, Q, Value, When
from django.db.models.functions import Cast, Now

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from postroom.web.reporting.models.recipient import ReportScheduleRecipient
from postroom.web.reporting.models.schedule import ReportSchedule

SENT = (Status.COMPLETED.value, Status.PARTIAL.value)
UNSENT = (Status.PENDING.value, Status.PROCESSING.value)


class ExecutionQuerySet(models.QuerySet[Any]):
    """Executions with their counts."""

    def with_outcome(self) -> "ExecutionQuerySet":
        """Add `total`, `successful`, `pending`, `failed`, `left`, `success_rate` and `status`.

        Counted from the e-mails' current states, so that a requeued e-mail counts again; an e-mail
        that cleanup deleted counts with its last recorded outcome. `left`: e-mails of people who
        unsubscribed before theirs was sent; the other counts and the rate (0 to 1) are without
        them.
        """
        live = Q(deliveries__email__status__isnull=False)
        gone = Q(deliveries__recipient=None) | Q(deliveries__recipient__is_subscribed=False)
        gone &= ~Q(trigger="test")  # its address is of no recipient
        left = (Q(deliveries__email__status=Status.SUPPRESSED.value) & gone) | (
            ~live & Q(deliveries__outcome="left")
        )
        sent = Q(deliveries__email__status__in=SENT) | (~live & Q(deliveries__outcome="sent"))
        open_ = Q(deliveries__email__status__in=UNSENT) | (~live & Q(deliveries__outcome="pending"))
        counted = self.annotate(
            left=Count("deliveries", filter=left),
            total=Count("deliveries") - F("left"),
            successful=Count("deliveries", filter=sent),
            pending=Count("deliveries", filter=open_),
        )
        whole: ExecutionQuerySet = counted.annotate(
            failed=F("total") - F("successful") - F("pending"),
            success_rate=Case(
                When(total=0, then=None),
                default=Cast("successful", FloatField()) / Cast("total", FloatField()),
                output_field=FloatField(),
            ),
            status=Case(
                When(~Q(error=""), then=Value("failed")),
                When(Q(finished_at=None) | Q(pending__gt=0), then=Value("started")),
                When(successful=F("total"), then=Value("completed")),
                When(successful=0, then=Value("failed")),
                default=Value("partial"),
                output_field=models.CharField(),
            ),
        )
        return whole


class ReportScheduleExecution(models.Model):
    """One run of a schedule: for a due time, by hand, or as a test.

    Its status (started, completed, failed, partial) is not stored: see `with_outcome`.
    """

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        BY_HAND = "by_hand", "By hand"
        TEST = "test", "Test"

    schedule = models.ForeignKey(ReportSchedule, models.CASCADE, related_name="executions")
    trigger = models.CharField(max_length=8, choices=Trigger)
    requested_by = models.CharField(max_length=254, blank=True)
    due = models.DateTimeField("due time", null=True, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField("built and queued at", null=True, blank=True)
    rows = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    remarks = models.TextField(
        blank=True, editable=False, help_text="Who got no e-mail of it, what a file lacks"
    )

    objects = ExecutionQuerySet.as_manager()

    class Meta:
        verbose_name = "execution"
        ordering = ["-pk"]
        indexes = [
            models.Index(name="postroom_execution_history", fields=["schedule", "-id"]),
            models.Index(
                name="postroom_execution_failed", fields=["started_at"], condition=~Q(error="")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="postroom_report_execution_once", fields=["schedule", "due"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def duration(self) -> float | None:
        """Seconds it took to build the report and queue its e-mails; None while it runs."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class ReportDelivery(models.Model):
    """One recipient's e-mail of one execution, found by its key.

    `outcome` (pending, sent, failed, left) is what `delivery_status.py` last recorded of
    the e-mail; it counts only once the e-mail is deleted.
    """

    execution = models.ForeignKey(
        ReportScheduleExecution, models.CASCADE, related_name="deliveries"
    )
    recipient = models.ForeignKey(
        ReportScheduleRecipient, models.SET_NULL, null=True, related_name="deliveries"
    )
    # Without a constraint, so that the cleanup of e-mails does not depend on reports.
    email = models.ForeignKey(
        EmailQueue, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    email_key = models.CharField(max_length=255, unique=True)
    outcome = models.CharField(max_length=7, default="pending")
    error = models.TextField(blank=True, help_text="Why the queue refused the e-mail")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.email_key
