"""The admin pages of agreements and their events."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from postroom.web.adminkit.inlines import UntitledInline
from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.systems.agreements.models import MOU, MOUEvent
from postroom.web.systems.agreements.standing import (
    EXPIRY_WARNING_DAYS,
    Standing,
    days_left,
    standing,
)

STANDING_COLOURS: Final[dict[str, str]] = {
    Standing.UPCOMING: "info",
    Standing.ACTIVE: "success",
    Standing.EXPIRING: "warning",
    Standing.EXPIRED: "",
}
EVENT_COLOURS: Final[dict[str, str]] = {
    MOUEvent.Status.PENDING: "info",
    MOUEvent.Status.COMPLETED: "success",
}


class StandingFilter(SimpleListFilter):
    """Filter by the status of agreements today."""

    title = "status"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(one.name.lower(), one.value) for one in Standing]

    def queryset(self, request: HttpRequest, queryset: QuerySet[MOU]) -> QuerySet[MOU]:
        today = timezone.localdate()
        soon = today + timedelta(days=EXPIRY_WARNING_DAYS)
        match self.value():
            case "upcoming":
                return queryset.filter(start_date__gt=today)
            case "active":
                return queryset.filter(start_date__lte=today, end_date__gt=soon)
            case "expiring":
                return queryset.filter(start_date__lte=today, end_date__range=(today, soon))
            case "expired":
                return queryset.filter(end_date__lt=today)
            case _:
                return queryset


class EventInline(UntitledInline):
    model = MOUEvent
    fields = ("title", "date", "status")
    extra = 0


@admin.register(MOU)
class MOUAdmin(EmailsAboutMixin, ModelAdmin):
    """Agreements, soonest end first."""

    inlines = (EventInline,)
    list_display = ("title", "organization", "state", "end_date", "left", "done")
    list_filter = (StandingFilter,)
    search_fields = (
        "title", "organization", "mou_coordinator_email", "staff_coordinator_email",
    )  # fmt: skip
    date_hierarchy = "end_date"
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("title", "organization", ("start_date", "end_date"))}),
        ("Coordinators", {"fields": ("mou_coordinator_email", "staff_coordinator_email")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MOU]:
        """With the numbers of events, in the query of the page."""
        completed = Count("events", filter=Q(events__status=MOUEvent.Status.COMPLETED))
        return super().get_queryset(request).annotate(total=Count("events"), completed=completed)

    @display(description="Status", label=STANDING_COLOURS)
    def state(self, mou: MOU) -> str:
        return standing(mou.start_date, mou.end_date, timezone.localdate()).value

    @display(description="Days left", ordering="end_date")
    def left(self, mou: MOU) -> int | str:
        left = days_left(mou.end_date, timezone.localdate())
        return left if left >= 0 else "-"

    @display(description="Events completed")
    def done(self, mou: Any) -> str:
        return f"{mou.completed} of {mou.total}" if mou.total else "none"


@admin.register(MOUEvent)
class MOUEventAdmin(ModelAdmin):
    """Events of all agreements, pending ones first, by date."""

    ordering = ("-status", "date", "pk")
    list_display = ("title", "mou", "date", "state")
    list_filter = ("status", "date")
    list_select_related = ("mou",)
    search_fields = ("title", "mou__title", "mou__organization")
    autocomplete_fields = ("mou",)
    list_per_page = 50

    @display(description="Status", label=EVENT_COLOURS)
    def state(self, event: MOUEvent) -> tuple[str, str]:
        return event.status, event.get_status_display()
