"""Read-only lists of the running mailers and the paused lanes."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from postroom.web.adminkit.cells import span_since, with_time
from postroom.web.adminkit.look import display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.emails.models import Mailer, QueueControl
from postroom.web.emails.operating.queue_figures import is_silent


@admin.register(Mailer)
class MailerAdmin(ReadOnlyAdmin):
    """The mailers, by their heartbeats."""

    list_display = ("name", "condition", "version", "in_flight", "sessions", "running", "seen")
    ordering = ("-last_seen_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows, each with whether it is silent."""
        return super().get_queryset(request).annotate(silent=is_silent())

    @display(description="State")
    def condition(self, mailer: Any) -> str:
        return "silent" if mailer.silent else mailer.state

    @display(description="Running for")
    def running(self, mailer: Mailer) -> SafeString:
        return with_time(span_since(mailer.started_at), mailer.started_at)

    @display(description="Last seen")
    def seen(self, mailer: Mailer) -> SafeString:
        return with_time(f"{span_since(mailer.last_seen_at)} ago", mailer.last_seen_at)


@admin.register(QueueControl)
class QueueControlAdmin(ReadOnlyAdmin):
    """The paused lanes, with reason and user."""

    list_display = ("lane", "reason", "paused_by", "paused_at")
    ordering = ("lane",)
