"""The admin page of notices that could not be built, with an action to send them later."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.look import display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.notifications.failures import NoticeNotSentError, send_again
from postroom.web.notifications.models import NoticeFailure, NoticePreference, PendingNotice
from postroom.web.people import account_of

# Lines may break anywhere: a long word must not make a phone scroll sideways.
_WRAPPED: Final = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'


class OpenFilter(admin.SimpleListFilter):
    """Filter by whether the notice was sent later."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", "Not sent"), ("sent", "Sent later")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(sent_at=None)
            case "sent":
                return queryset.exclude(sent_at=None)
            case _:
                return queryset


@admin.register(NoticeFailure)
class NoticeFailureAdmin(ReadOnlyAdmin):
    """Changes that were saved although their notice could not be built."""

    list_display = ("time", "state", "model", "object_id", "field", "change", "problem")
    list_filter = (OpenFilter, "model")
    search_fields = ("=object_id", "error")
    search_help_text = "ID of the row, or text of the error"
    actions = ("send_again",)
    readonly_fields = fields = (
        "model", "object_id", "field", "change", "actor", "changed_at", "template", "whole_error",
        "trace", "sent_at",
    )  # fmt: skip

    def has_tell_permission(self, request: HttpRequest) -> bool:
        """Whether the user may use the action."""
        return request.user.has_perm("postroom_notifications.send_noticefailure")

    @admin.action(description="Send selected notices again", permissions=["tell"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[NoticeFailure]) -> None:
        """Send those that can be built now; show why the first of the others cannot."""
        sent, problems = 0, []
        for failure in queryset.order_by("pk"):
            try:
                send_again(failure.pk)
            except NoticeNotSentError as problem:
                problems.append(f"{failure}: {problem}")
            else:
                sent += 1
                self.log_change(request, failure, "Sent later.")
        if sent:
            self.message_user(request, f"{sent} sent.", messages.SUCCESS)
        if problems:
            text = f"{len(problems)} still cannot be sent. {problems[0]}"
            self.message_user(request, text, messages.WARNING)

    @display(description="Time")
    def time(self, failure: NoticeFailure) -> SafeString:
        return exact_time(failure.changed_at)

    @display(description="State", label={"open": "danger", "sent": "success"})
    def state(self, failure: NoticeFailure) -> tuple[str, str]:
        return ("sent", "Sent later") if failure.sent_at else ("open", "Not sent")

    @display(description="Change")
    def change(self, failure: NoticeFailure) -> str:
        return f"{failure.old_label} → {failure.new_label}"

    @display(description="Error")
    def problem(self, failure: NoticeFailure) -> SafeString:
        return shorten(failure.error)

    @display(description="Error")
    def whole_error(self, failure: NoticeFailure) -> SafeString:
        return format_html(_WRAPPED, failure.error)

    @display(description="Traceback")
    def trace(self, failure: NoticeFailure) -> SafeString:
        return format_html(_WRAPPED, failure.traceback)


@admin.register(NoticePreference)
class NoticePreferenceAdmin(ReadOnlyAdmin):
    """What people chose; only they themselves change it."""

    list_display = ("person", "kind", "wanted", "timezone", "changed")
    list_filter = ("kind", "how")
    list_select_related = ("user",)
    readonly_fields = fields = ("person", "kind", "how", "timezone", "changed")

    @display(description="Person")
    def person(self, row: NoticePreference) -> str:
        return account_of(row.user) if row.user else str(row.address)

    @display(description="Wanted", label={"now": "info", "daily": "primary", "off": ""})
    def wanted(self, row: NoticePreference) -> tuple[str, str]:
        return row.how, row.get_how_display()

    @display(description="Changed")
    def changed(self, row: NoticePreference) -> SafeString:
        return exact_time(row.changed_at)


@admin.register(PendingNotice)
class PendingNoticeAdmin(ReadOnlyAdmin):
    """Changes that wait for a digest."""

    list_display = ("due", "person", "kind", "item", "change")
    list_filter = ("kind",)
    list_select_related = ("user",)
    readonly_fields = fields = ("due", "person", "kind", "app", "item", "change")

    @display(description="Due")
    def due(self, row: PendingNotice) -> SafeString:
        return exact_time(row.due_at)

    @display(description="Person")
    def person(self, row: PendingNotice) -> str:
        return account_of(row.user) if row.user else str(row.address)

    @display(description="Change")
    def change(self, row: PendingNotice) -> str:
        return f"{row.facts['title']}: {row.facts['old']} → {row.facts['new']}"
