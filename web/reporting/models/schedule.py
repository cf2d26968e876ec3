"""`ReportSchedule`: which report goes out, how often, in which format."""

from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone
from django.utils.functional import cached_property

from postroom.web.jobs.errors import CronError
from postroom.web.reporting import formats, registry
from postroom.web.reporting.recurrence import Frequency, Recurrence, next_run
from postroom.web.text_rules import one_line

# Older e-mails have been recorded, by the job that runs every hour.
_LATELY: Final = timedelta(days=7)
_WEEKDAYS = [
    (1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"),
    (6, "Saturday"), (7, "Sunday"),
]  # fmt: skip


class ScheduleQuerySet(models.QuerySet[Any]):
    """Schedules with what became of their e-mails."""

    def with_last_sent(self) -> "ScheduleQuerySet":
        """Add `last_sent`: when the last e-mail of a report was sent, or marked as arrived."""
        from postroom.web.reporting.models.execution import ReportDelivery

        lately = (
            ReportDelivery.objects.filter(
                execution__schedule=OuterRef("pk"),
                execution__started_at__gt=Now() - _LATELY,
            )
            .exclude(execution__trigger="test")
            .order_by()
            .values("execution__schedule")
            .annotate(last=Max(Coalesce("email__sent_at", "email__arrived_at")))
            .values("last")
        )
        found: ScheduleQuerySet = self.annotate(
            last_sent=Greatest("recorded_sent", Subquery(lately))
        )
        return found


class ReportSchedule(models.Model):
    """A report that is sent on a schedule.

    `next_scheduled`: code that changes a field in `RULE` calls `plan`; so does each run.
    """

    RULE: ClassVar = (
        "frequency", "day_of_week", "day_of_month", "time", "timezone", "cron_expression",
        "business_days_only",
    )  # fmt: skip

    name = models.CharField(max_length=200, validators=[one_line])
    report_type = models.CharField(max_length=40, choices=registry.choices)
    frequency = models.CharField(
        max_length=7,
        choices=[
            (one.value, "Cron expression" if one == "cron" else one.capitalize())
            for one in Frequency
        ],
    )
    day_of_week = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=_WEEKDAYS, help_text="For weekly schedules."
    )
    day_of_month = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="For monthly schedules; in a shorter month, its last day.",
    )
    time = models.TimeField(default=time(7), help_text="In the schedule's time zone.")
    timezone = models.CharField("time zone", max_length=64, default="UTC")
    cron_expression = models.CharField(
        max_length=100, blank=True, help_text="Five fields, such as 0 7 * * 1; includes the time."
    )
    business_days_only = models.BooleanField(
        default=False,
        help_text="Never on Saturday or Sunday. Weekly and monthly schedules move to Monday.",
    )
    export_format = models.CharField(max_length=4, choices=formats.CHOICES, default="csv")
    is_active = models.BooleanField("active", default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="report_schedules"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_generated = models.DateTimeField(null=True, blank=True, editable=False)
    # What `delivery_status.py` last recorded: the e-mails themselves are deleted one day.
    recorded_sent = models.DateTimeField(null=True, blank=True, editable=False)
    next_scheduled = models.DateTimeField(null=True, blank=True, editable=False)
    requested_at = models.DateTimeField(null=True, blank=True, editable=False)
    requested_by = models.CharField(max_length=254, blank=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [
            ("send_reportschedule", "Can send a report now"),
            ("test_anywhere_reportschedule", "Can send a test of a report to any address"),
        ]
        indexes = [
            models.Index(
                name="postroom_schedule_due", fields=["next_scheduled"], condition=Q(is_active=True)
            ),
            models.Index(
                name="postroom_schedule_requested",
                fields=["requested_at"],
                condition=Q(requested_at__isnull=False),
            ),
            models.Index(name="postroom_schedule_owner", fields=["created_by", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="postroom_report_schedule_rule_complete",
                condition=Q(frequency="daily")
                | Q(frequency="weekly", day_of_week__range=(1, 7))
                | Q(frequency="monthly", day_of_month__range=(1, 31))
                | (Q(frequency="cron") & ~Q(cron_expression="")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def last_sent(self) -> datetime | None:
        """When the last e-mail of a report was sent, or marked as arrived; None: never."""
        rows = ReportSchedule.objects.filter(pk=self.pk).with_last_sent()
        found: datetime | None = rows.values_list("last_sent", flat=True).first()
        return found

    @property
    def rule(self) -> Recurrence:
        """The schedule's rule, without its history."""
        return Recurrence(
            Frequency(self.frequency),
            at=self.time,
            zone=ZoneInfo(self.timezone),
            weekday=self.day_of_week or 1,
            day=self.day_of_month or 1,
            expression=self.cron_expression,
            business_days_only=self.business_days_only,
        )

    @property
    def list_id(self) -> str:
        """The mailing list that its recipients leave when they unsubscribe."""
        return f"reports.schedule.{self.pk}"

    def clean(self) -> None:
        """Check the rule.

        Raises:
            ValidationError: by field, for a rule that is incomplete or never due.
        """
        match self.frequency:
            case Frequency.WEEKLY if not self.day_of_week:
                raise ValidationError({"day_of_week": "A weekly schedule needs a day of the week."})
            case Frequency.MONTHLY if not self.day_of_month:
                raise ValidationError(
                    {"day_of_month": "A monthly schedule needs a day of the month."}
                )
            case Frequency.CRON if not self.cron_expression:
                raise ValidationError({"cron_expression": "Enter an expression such as 0 7 * * 1."})
        try:
            next_run(self.rule, timezone.now())
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            field = "cron_expression" if isinstance(error, CronError) else "timezone"
            unknown = f"{self.timezone!r} is not a time zone such as Europe/Berlin."
            raise ValidationError(
                {field: unknown if field == "timezone" else str(error)}
            ) from error

    def plan(self, now: datetime) -> None:
        """Set `next_scheduled` to the first due time later than `now`."""
        self.next_scheduled = next_run(self.rule, now)
