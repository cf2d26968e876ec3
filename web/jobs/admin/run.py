"""The admin page of the history of runs, read-only."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.look import badge, display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.emails.admin.about import found_by
from postroom.web.jobs.admin import badges
from postroom.web.jobs.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Every run of every job."""

    list_display = (
        "time", "job", "state", "found", "queued", "failed", "took", "by", "problem",
    )  # fmt: skip
    list_filter = ("status", "trigger", "command")
    search_fields = ("command", "=host")
    search_help_text = "Command or host"
    readonly_fields = fields = (
        "command", "outcome", "trigger", "person", "due", "time", "took", "found",
        "emails", "already_sent", "skipped", "changed", "failed", "refusals",
        "owner", "whole_error",
    )  # fmt: skip

    @display(description="Started")
    def time(self, run: JobRun) -> SafeString:
        return exact_time(run.started_at)

    @display(description="Due time")
    def due(self, run: JobRun) -> SafeString | str:
        return exact_time(run.scheduled_for) if run.scheduled_for else "-"

    @display(description="Job")
    def job(self, run: JobRun) -> str:
        return run.command

    @display(description="State", label=badges.RUN_COLOURS)
    def state(self, run: JobRun) -> tuple[str, str]:
        return run.status, run.status.capitalize()

    @display(description="State")
    def outcome(self, run: JobRun) -> SafeString:
        return badge(run.status.capitalize(), badges.RUN_COLOURS[run.status])

    @display(description="Took")
    def took(self, run: JobRun) -> str:
        return badges.took(run)

    @display(description="Started by")
    def by(self, run: JobRun) -> SafeString:
        return shorten(", ".join(filter(None, (run.trigger, run.requested_by))))

    @display(description="Error")
    def problem(self, run: JobRun) -> SafeString:
        return shorten(run.error or "-")

    @display(description="E-mails queued")
    def emails(self, run: JobRun) -> SafeString | str:
        """The number, which leads to them."""
        return found_by(self, f"run:{run.pk}", f"{run.queued}") if run.queued else "0"

    @display(description="Requested by")
    def person(self, run: JobRun) -> SafeString:
        return _whole(run.requested_by)

    @display(description="Host")
    def owner(self, run: JobRun) -> SafeString:
        return _whole(run.host)

    @display(description="Error")
    def whole_error(self, run: JobRun) -> SafeString:
        return _whole(run.error)


def _whole(text: str) -> SafeString:
    """The full text; lines break anywhere, so that a long word never makes a phone scroll."""
    return format_html('<span class="email-breaking">{}</span>', text or "-")
