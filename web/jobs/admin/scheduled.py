"""The scheduled jobs: when each runs next, its history, and its buttons."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString

from postroom.web.adminkit.buttons import button
from postroom.web.adminkit.cells import span_since, span_until, two_lines, with_time
from postroom.web.adminkit.look import display
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.jobs import selectors
from postroom.web.jobs.admin import badges
from postroom.web.jobs.models import ScheduledJob
from postroom.web.jobs.scheduling import decisions
from postroom.web.jobs.timing import cron

_RUN, _ENABLE = "postroom_jobs.run_scheduledjob", "postroom_jobs.enable_scheduledjob"


@admin.register(ScheduledJob)
class ScheduledJobAdmin(ReadOnlyAdmin):
    """The list comes from the code; operators enable and disable jobs and request runs."""

    list_display = ("command", "state", "last", "next", "cron", "what")
    list_filter = ("enabled",)
    ordering = ("command",)
    fields = ("command",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledJob]:
        """Jobs with their newest run."""
        return selectors.jobs_for_list()

    def get_urls(self) -> list[Any]:
        """The pages, and three buttons."""
        run = button(
            self,
            _RUN,
            lambda row_id, user, _form: decisions.request_run(row_id, user),
            done="Run requested. It starts within seconds if a scheduler is running.",
            left="Not requested: a run is already requested, or the code no longer has this job.",
            target="../change/",
        )
        enable = button(
            self,
            _ENABLE,
            lambda row_id, user, _form: decisions.enable(row_id, user),
            done="Enabled. Due times that passed in the meantime are not made up for.",
            left="It is enabled already.",
            target="../change/",
        )
        disable = button(
            self,
            _ENABLE,
            lambda row_id, user, _form: decisions.disable(row_id, user),
            done="Disabled here. Jobs started by cron, systemd or Kubernetes still run.",
            left="It is disabled already.",
            target="../change/",
        )
        return [
            path("<int:row_id>/run/", run, name="postroom_jobs_job_run"),
            path("<int:row_id>/enable/", enable, name="postroom_jobs_job_enable"),
            path("<int:row_id>/disable/", disable, name="postroom_jobs_job_disable"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The page of one job."""
        job = kwargs.get("obj") or context.get("original")
        if job is not None:
            context |= self._page(job, request)
        return super().render_change_form(request, context, *args, **kwargs)

    def _page(self, job: ScheduledJob, request: HttpRequest) -> dict[str, Any]:
        active = job.enabled and job.registered
        return {
            "job": job,
            "state": _state(job),
            "colour": badges.JOB_COLOURS[_state(job)],
            "explained": cron.explain(job.schedule),
            "upcoming": [
                moment.astimezone(job.zone)
                for moment in cron.upcoming(job.schedule, job.zone, timezone.now(), 5)
            ]
            if active
            else [],
            "runs": [
                {"row": run, "colour": badges.RUN_COLOURS[run.status], "took": badges.took(run)}
                for run in selectors.history(job.command)
            ],
            "can_run": job.registered and request.user.has_perm(_RUN),
            "can_enable": request.user.has_perm(_ENABLE),
        }

    @display(description="State", label=badges.JOB_COLOURS)
    def state(self, job: ScheduledJob) -> tuple[str, str]:
        return _state(job), _state(job).capitalize()

    @display(description="Last run", label=badges.RUN_COLOURS)
    def last(self, job: Any) -> tuple[str, str]:
        if job.last_status is None:
            return "", "never"
        return job.last_status, f"{job.last_status}, {span_since(job.last_started)} ago"

    @display(description="Next run")
    def next(self, job: ScheduledJob) -> SafeString | str:
        if job.requested_at is not None:
            return with_time("requested", job.requested_at)
        if job.next_run_at is None or not (job.enabled and job.registered):
            return "-"
        return with_time(f"in {span_until(job.next_run_at)}", job.next_run_at)

    @display(description="Schedule")
    def cron(self, job: ScheduledJob) -> str:
        zone = "" if job.timezone == "UTC" else f" {job.timezone}"
        return f"{cron.explain(job.schedule)}{zone}"

    @display(description="Purpose")
    def what(self, job: ScheduledJob) -> SafeString:
        return two_lines(job.summary)


def _state(job: ScheduledJob) -> str:
    if not job.registered:
        return "gone"
    return "enabled" if job.enabled else "disabled"
