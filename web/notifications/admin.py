"""Where operators see the notices that could not be built, and send them after all."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.notifications.failures import NoticeNotSentError, tell_again
from postroom.web.notifications.models import NoticeFailure

# Broken anywhere: a long word must not make a telephone scroll.
_WRAPPED: Final = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'


class OpenFilter(admin.SimpleListFilter):
    """What is still to be told."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", "Not told"), ("told", "Told after all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.filter(told_at=None)
            case "told":
                return queryset.exclude(told_at=None)
            case _:
                return queryset


@admin.register(NoticeFailure)
class NoticeFailureAdmin(ReadOnlyAdmin):
    """Changes that were kept and not told."""

    list_display = ("time", "state", "model", "object_id", "field", "change", "problem")
    list_filter = (OpenFilter, "model")
    search_fields = ("=object_id", "error")
    search_help_text = "Row's id, or words of the error"
    actions = ("tell_again",)
    readonly_fields = fields = (
        "model", "object_id", "field", "change", "actor", "changed_at", "template", "whole_error",
        "trace", "told_at",
    )  # fmt: skip

    class Media:
        css = {"all": ["postroom/admin.css"]}

    def has_tell_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered at all."""
        return request.user.has_perm("postroom_notifications.tell_noticefailure")

    @admin.action(description="Send selected notices again", permissions=["tell"])
    def tell_again(self, request: HttpRequest, queryset: QuerySet[NoticeFailure]) -> None:
        """Tell those that can be told now; say why of the first that cannot."""
        told, problems = 0, []
        for failure in queryset.order_by("pk"):
            try:
                tell_again(failure.pk)
            except NoticeNotSentError as problem:
                problems.append(f"{failure}: {problem}")
            else:
                told += 1
                self.log_change(request, failure, "Told again.")
        if told:
            self.message_user(request, f"{told} told.", messages.SUCCESS)
        if problems:
            text = f"{len(problems)} still cannot be told. {problems[0]}"
            self.message_user(request, text, messages.WARNING)

    @display(description="Time")
    def time(self, failure: NoticeFailure) -> SafeString:
        return exact_time(failure.changed_at)

    @display(description="State", label={"open": "danger", "told": "success"})
    def state(self, failure: NoticeFailure) -> tuple[str, str]:
        return ("told", "Told after all") if failure.told_at else ("open", "Not told")

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
