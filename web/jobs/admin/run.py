"""The history of runs: to look at."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from web.emails.admin.cells import exact_time, shorten
from web.emails.admin.read_only import ReadOnlyAdmin
from web.jobs.admin import badges
from web.jobs.models import JobRun


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """Every run of every job."""

    list_display = (
        "time", "job", "state", "found", "queued", "already_sent", "failed", "took", "by",
        "problem",
    )  # fmt: skip
    list_filter = ("status", "trigger", "command")
    search_fields = ("command", "=host")
    search_help_text = "Command or host"
    readonly_fields = fields = (
        "command", "status", "trigger", "requested_by", "due", "time", "took", "found",
        "queued", "already_sent", "skipped", "changed", "failed", "refusals",
        "host", "error",
    )  # fmt: skip

    class Media:
        css = {"all": ["emails/admin.css"]}

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

    @display(description="Took")
    def took(self, run: JobRun) -> str:
        return badges.took(run)

    @display(description="Started by")
    def by(self, run: JobRun) -> SafeString:
        return shorten(f"{run.trigger} {run.requested_by}".strip())

    @display(description="Error")
    def problem(self, run: JobRun) -> SafeString:
        return shorten(run.error or "-")
