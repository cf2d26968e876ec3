"""The admin pages of schedules: editing, history, "Send now" and "Send me a test"."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.safestring import SafeString

from postroom.web.adminkit.buttons import button
from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.adminkit.people import PeopleMixin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.jobs.timing import cron
from postroom.web.people import account_field, address_field
from postroom.web.reporting import manual_runs
from postroom.web.reporting.admin import badges
from postroom.web.reporting.admin.recipient import RecipientInline
from postroom.web.reporting.errors import TestNotSentError
from postroom.web.reporting.models import ReportSchedule, ReportScheduleExecution

_SEND = "postroom_reporting.send_reportschedule"
_SEE_RECIPIENTS = "postroom_reporting.view_reportschedulerecipient"
_TIMES = ("next_run", "generated", "sent", "created")
_HISTORY = 30


@admin.register(ReportSchedule)
class ScheduleAdmin(EmailsAboutMixin, PeopleMixin, ModelAdmin):
    """Schedules, newest first."""

    inlines = (RecipientInline,)
    list_display = ("name", "report", "how_often", "state", "next", "sent", "created_by")
    list_filter = ("is_active", "frequency", "report_type", "export_format")
    list_select_related = ("created_by",)
    search_fields = ("name", account_field("created_by"))
    list_per_page = 50
    readonly_fields = _TIMES
    people = ("created_by",)
    fieldsets = (
        (None, {"fields": ("name", ("report_type", "export_format"), "is_active", "created_by")}),
        (
            "When",
            {
                "fields": (
                    "frequency",
                    ("day_of_week", "day_of_month"),
                    ("time", "timezone"),
                    "cron_expression",
                    "business_days_only",
                )
            },
        ),
        ("Times", {"fields": (_TIMES[:2], _TIMES[2:])}),
    )

    class Media:
        css = {"all": ["postroom_reporting/admin.css"]}

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Recipients' addresses too, for users who may see recipients."""
        fields = tuple(self.search_fields)
        sees = request.user.has_perm(_SEE_RECIPIENTS)
        address = address_field("recipients__user")
        return (*fields, address) if sees and address else fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportSchedule]:
        """With the time of the last e-mail, in the query of the page."""
        return ReportSchedule.objects.with_last_sent()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The user who creates a schedule is by default its owner."""
        return {"created_by": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_model(
        self, request: HttpRequest, obj: ReportSchedule, form: Any, change: bool
    ) -> None:
        """Plan the next run from now if the rule is new, or the schedule was paused."""
        changed = {*form.changed_data}
        if not change or changed & {*ReportSchedule.RULE, "is_active"}:
            obj.plan(timezone.now())
            changed.add("next_scheduled")
        # The job may have run it since the form was opened: write only what the form changed.
        obj.save(update_fields=changed if change else None)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A schedule that is being created has no times yet."""
        return super().get_fieldsets(request, obj)[: None if obj else -1]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """With its history, which cannot be deleted by itself."""
        *found, needed, protected = super().get_deleted_objects(objs, request)
        history = {ReportScheduleExecution._meta.verbose_name}
        return (*found, needed - history, protected)

    def get_urls(self) -> list[Any]:
        """The pages, and two buttons."""
        test = button(
            self,
            _SEND,
            lambda pk, user, _form: _send_test(pk, user),
            done="A test with the first rows is on its way to you.",
            left="No test was sent: your account has no e-mail address, you may see nothing of "
            "this report, or it could not be built (see the history).",
            target="../change/",
        )
        return [
            path("<int:row_id>/send-now/", self._send_now, name="postroom_reporting_schedule_send"),
            path("<int:row_id>/send-test/", test, name="postroom_reporting_schedule_test"),
            *super().get_urls(),
        ]

    def _send_now(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """The button "Send now"; if nothing is requested, it says which of the rules is why."""
        view = button(
            self,
            _SEND,
            lambda pk, user, _form: (
                manual_runs.request_run(pk, user, timezone.now())
                and _record(pk, user, "Requested a run now.")
            ),
            done="Run requested. The report goes out with the next run of "
            "execute_scheduled_reports, within seconds if a scheduler is running.",
            left=manual_runs.why_not_requested(row_id, timezone.now()),
            target="../change/",
        )
        return view(request, row_id)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The page of one schedule, with its history."""
        schedule = kwargs.get("obj")
        if schedule is not None:
            rows = ReportScheduleExecution.objects.filter(schedule=schedule).with_outcome()
            history = list(rows.order_by("-pk")[:_HISTORY])
            context |= {
                "schedule": schedule,
                "history": [
                    {"row": one, "colour": badges.STATUS_COLOURS[one.status]} for one in history
                ],
                "chart": badges.chart(history),
                "can_send": request.user.has_perm(_SEND),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Report", ordering="report_type")
    def report(self, row: ReportSchedule) -> str:
        return f"{row.get_report_type_display()}, {row.export_format.upper()}"

    @display(description="Frequency", label=badges.FREQUENCY_COLOURS, ordering="frequency")
    def how_often(self, row: ReportSchedule) -> tuple[str, str]:
        match row.frequency:
            case "weekly":
                return row.frequency, f"Weekly, {row.get_day_of_week_display()}"
            case "monthly":
                return row.frequency, f"Monthly, day {row.day_of_month}"
            case "cron":
                return row.frequency, cron.explain(row.cron_expression)
        return row.frequency, "Daily"

    @display(description="Status", label=badges.STATE_COLOURS, ordering="is_active")
    def state(self, row: ReportSchedule) -> tuple[str, str]:
        if not row.is_active:
            return "inactive", "Inactive"
        return ("active", "Active") if row.next_scheduled else ("stuck", "Never due")

    @display(description="Next", ordering="next_scheduled")
    def next(self, row: ReportSchedule) -> SafeString | str:
        if not (row.is_active and row.next_scheduled):
            return "-"
        return exact_time(row.next_scheduled)

    @display(description="Next scheduled")
    def next_run(self, row: ReportSchedule) -> str:
        """With the name of the zone: the other times on the page are in another one."""
        if not row.next_scheduled:
            return "-"
        try:
            local, zone = row.next_scheduled.astimezone(row.rule.zone), row.timezone
        except (ValueError, KeyError, OSError):
            # A zone unknown to this host; it can be corrected here.
            local, zone = row.next_scheduled, "UTC"
        return f"{format_date(local, 'D j M Y, H:i')} {zone}"

    @display(description="Last generated", ordering="last_generated")
    def generated(self, row: ReportSchedule) -> SafeString | str:
        return exact_time(row.last_generated) if row.last_generated else shorten("never")

    @display(description="Created at", ordering="created_at")
    def created(self, row: ReportSchedule) -> SafeString | str:
        return exact_time(row.created_at) if row.pk else "-"

    @display(description="Last sent", ordering="last_sent")
    def sent(self, row: ReportSchedule) -> SafeString | str:
        return exact_time(row.last_sent) if row.last_sent else shorten("never")


def _send_test(schedule_id: int, user: Any) -> bool:
    schedule = ReportSchedule.objects.filter(pk=schedule_id).first()
    if schedule is None:
        return False
    try:
        manual_runs.send_test(schedule, user, timezone.now())
    except TestNotSentError:
        return False
    return _record(schedule_id, user, "Sent themselves a test.")


def _record(schedule_id: int, user: Any, message: str) -> bool:
    rows: QuerySet[ReportSchedule] = ReportSchedule.objects.filter(pk=schedule_id)
    LogEntry.objects.log_actions(user.pk, rows, CHANGE, change_message=message)
    return True
