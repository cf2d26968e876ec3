"""The admin pages of the club's records."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from postroom.web.adminkit.inlines import UntitledInline
from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.systems.club.escalation import Step, step_for
from postroom.web.systems.club.models import (
    AdHocDay,
    DutyAssignment,
    Flight,
    Logsheet,
    MaintenanceIssue,
    Member,
    MemberRole,
    StudentProgressReport,
)

AD_HOC_COLOURS: Final[dict[str, str]] = {
    AdHocDay.Status.UNCONFIRMED: "info",
    AdHocDay.Status.CONFIRMED: "success",
    AdHocDay.Status.EXPIRED: "",
}
STEP_COLOURS: Final[dict[str, str]] = {
    Step.FRIENDLY: "info",
    Step.GENTLE: "info",
    Step.FIRM: "warning",
    Step.URGENT: "danger",
    Step.FINAL: "danger",
    "submitted": "success",
    "not late": "",
}


class ClubAdmin(EmailsAboutMixin, ModelAdmin):
    """What the club's lists have in common."""

    list_per_page = 50
    show_full_result_count = False


class RoleInline(UntitledInline):
    model = MemberRole
    extra = 0


class FlightInline(UntitledInline):
    model = Flight
    extra = 0
    autocomplete_fields = ("pilot",)


@admin.register(Member)
class MemberAdmin(ClubAdmin):
    inlines = (RoleInline,)
    list_display = ("name", "email", "offices", "active")
    list_filter = ("active", "roles__role")
    search_fields = ("name", "email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """With the roles, one more query per page."""
        return super().get_queryset(request).prefetch_related("roles")

    @display(description="Roles")
    def offices(self, member: Member) -> str:
        return ", ".join(role.get_role_display() for role in member.roles.all()) or "-"


@admin.register(DutyAssignment)
class DutyAssignmentAdmin(ClubAdmin):
    list_display = ("date", "duty", "member")
    ordering = ("-date", "pk")
    list_filter = ("duty", "date")
    list_select_related = ("member",)
    search_fields = ("member__name",)
    autocomplete_fields = ("member",)
    date_hierarchy = "date"


@admin.register(AdHocDay)
class AdHocDayAdmin(ClubAdmin):
    list_display = ("date", "state", "proposed_by", "note")
    list_filter = ("status",)
    list_select_related = ("proposed_by",)
    search_fields = ("note", "proposed_by__name")
    autocomplete_fields = ("proposed_by", "interested")

    @display(description="Status", label=AD_HOC_COLOURS)
    def state(self, day: AdHocDay) -> tuple[str, str]:
        return day.status, day.get_status_display()


@admin.register(Logsheet)
class LogsheetAdmin(ClubAdmin):
    inlines = (FlightInline,)
    list_display = ("date", "airfield", "duty_officer", "flown", "state")
    list_filter = ("final", "airfield")
    list_select_related = ("duty_officer",)
    search_fields = ("airfield", "duty_officer__name")
    autocomplete_fields = ("duty_officer",)
    date_hierarchy = "date"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Logsheet]:
        """With the number of flights, in the query of the page."""
        return super().get_queryset(request).annotate(flight_count=Count("flights"))

    @display(description="Flights")
    def flown(self, sheet: Any) -> int:
        return sheet.flight_count

    @display(description="State", label={"final": "success", "open": "warning"})
    def state(self, sheet: Logsheet) -> tuple[str, str]:
        return ("final", "Final") if sheet.final else ("open", "Open")


@admin.register(StudentProgressReport)
class StudentProgressReportAdmin(ClubAdmin):
    list_display = ("student", "lesson", "instructor", "due_date", "state")
    list_filter = (("submitted_on", admin.EmptyFieldListFilter), "due_date")
    list_select_related = ("student", "instructor")
    search_fields = ("student__name", "instructor__name", "lesson")
    autocomplete_fields = ("student", "instructor", "supervisor")

    @display(description="State", label=STEP_COLOURS)
    def state(self, report: StudentProgressReport) -> str:
        if report.submitted_on:
            return "submitted"
        days = (timezone.localdate() - report.due_date).days
        return step_for(days) or "not late"


@admin.register(MaintenanceIssue)
class MaintenanceIssueAdmin(ClubAdmin):
    list_display = ("aircraft", "description", "state", "reported_on", "resolved_on")
    list_filter = ("grounded", ("resolved_on", admin.EmptyFieldListFilter), "aircraft")
    search_fields = ("aircraft", "description")
    ordering = (F("resolved_on").desc(nulls_first=True), "-grounded", "reported_on", "pk")
    autocomplete_fields = ("reported_by",)

    @display(
        description="State", label={"grounded": "danger", "open": "warning", "resolved": "success"}
    )
    def state(self, issue: MaintenanceIssue) -> tuple[str, str]:
        if issue.resolved_on:
            return "resolved", "Resolved"
        return ("grounded", "Grounded") if issue.grounded else ("open", "Open")
