"""The admin page of the history of all schedules, read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.links import page_of
from postroom.web.adminkit.look import badge, display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.people import account_field
from postroom.web.reporting.admin import badges
from postroom.web.reporting.models import ReportScheduleExecution
from postroom.web.reporting.models.execution import SENT

_UNSENT_SHOWN = 50
_LONGEST_REASON = 200


class StatusFilter(SimpleListFilter):
    """Filter by the status of an execution, by the current states of its e-mails."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name.capitalize()) for name in badges.STATUS_COLOURS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(ReportScheduleExecution)
class ExecutionAdmin(EmailsAboutMixin, ReadOnlyAdmin):
    """Every run of every schedule."""

    list_display = (
        "time", "schedule", "state", "kind", "sent", "unsent", "waiting", "rate", "took", "problem",
    )  # fmt: skip
    list_filter = (StatusFilter, "trigger")
    list_select_related = ("schedule",)
    search_fields = ("schedule__name",)
    readonly_fields = fields = (
        "schedule", "outcome", "kind", "due_time", "time", "took", "rows", "sent",
        "unsent", "waiting", "left", "rate", "unsent_emails", "error", "remarks",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With counts, in the query of the page."""
        return ReportScheduleExecution.objects.with_outcome()

    @display(description="Started")
    def time(self, row: ReportScheduleExecution) -> SafeString:
        return exact_time(row.started_at)

    @display(description="Status", label=badges.STATUS_COLOURS)
    def state(self, row: Any) -> tuple[str, str]:
        return row.status, row.status.capitalize()

    @display(description="Started by")
    def kind(self, row: ReportScheduleExecution) -> str:
        person = f" ({row.requested_by})" if row.requested_by else ""
        return f"{row.get_trigger_display()}{person}"

    @display(description="Status")
    def outcome(self, row: Any) -> SafeString:
        return badge(row.status.capitalize(), badges.STATUS_COLOURS[row.status])

    @display(description="Due time")
    def due_time(self, row: ReportScheduleExecution) -> SafeString | str:
        return exact_time(row.due) if row.due else "-"

    @display(description="Sent")
    def sent(self, row: Any) -> str:
        return f"{row.successful}\u00a0of\u00a0{row.total}"  # in one line

    @display(description="Failed")
    def unsent(self, row: Any) -> int:
        return row.failed

    @display(description="Pending")
    def waiting(self, row: Any) -> int:
        return row.pending

    @display(description="Unsubscribed before theirs was sent")
    def left(self, row: Any) -> int:
        return row.left

    @display(description="E-mails not sent")
    def unsent_emails(self, row: ReportScheduleExecution) -> SafeString | str:
        """Links to their pages, which show the reason and can requeue them."""
        known = row.deliveries.filter(email__status__isnull=False).exclude(email__status__in=SENT)
        about = known.values_list(
            "email_id", account_field("recipient__user"), "email__status", "email__last_error"
        )
        links = (
            (
                page_of(self, "postroom_emailqueue_change", pk),
                name or f"e-mail {pk}",
                f"{status}: {error[:_LONGEST_REASON]}" if error else status,
            )
            for pk, name, status, error in about.order_by("pk")[:_UNSENT_SHOWN]
        )
        return format_html_join(", ", '<a class="email-link" href="{}">{}</a> ({})', links) or "-"

    @display(description="Success rate")
    def rate(self, row: Any) -> str:
        return "-" if row.success_rate is None else f"{row.success_rate:.0%}"

    @display(description="Took")
    def took(self, row: ReportScheduleExecution) -> str:
        return "running" if row.duration is None else f"{row.duration:.1f} s"

    @display(description="Error")
    def problem(self, row: ReportScheduleExecution) -> SafeString:
        return shorten(row.error or row.remarks or "-")
