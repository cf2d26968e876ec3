"""The jobs' pages in the console: all jobs, one job with its runs, one run; and the buttons.

The console imports this module where a site has both parts.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from postroom.web.console import formats, links, listing
from postroom.web.console.access import SEE, page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.console.registry import Section, register
from postroom.web.jobs import selectors
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.status import RunStatus
from postroom.web.jobs.timing import cron

_SEE: Final = "postroom_jobs.view_scheduledjob"
_SEE_RUNS: Final = "postroom_jobs.view_jobrun"
_RUN: Final = "postroom_jobs.run_scheduledjob"
_ENABLE: Final = "postroom_jobs.enable_scheduledjob"
_LARGEST_ID: Final = 2**63 - 1
_UPCOMING: Final = 5
_COLOURS: Final = {
    RunStatus.DUE.value: "info", RunStatus.RUNNING.value: "info",
    RunStatus.COMPLETED.value: "good", RunStatus.PARTIAL.value: "warn",
    RunStatus.FAILED.value: "bad", RunStatus.LOST.value: "bad",
    RunStatus.STOPPED.value: "quiet", RunStatus.REFUSED.value: "quiet",
    RunStatus.OMITTED.value: "quiet",
}  # fmt: skip


@page(_SEE)
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job with its last run, its next run and its schedule in words."""
    found: Iterable[Any] = selectors.jobs_for_list().order_by("command")  # with annotations
    rows = [
        {
            "job": job,
            "state": _state(job),
            "colour": _COLOURS.get(job.last_status or "", "quiet"),
            "schedule": _schedule(job),
        }
        for job in found
    ]
    locks = {lock.task_name: lock for lock in TaskLock.objects.all()}
    context = {
        "title": "Jobs",
        "section": "jobs",
        "rows": rows,
        "locks": list(locks.values()),
        "can_see_runs": request.user.has_perm(_SEE_RUNS),
    }
    return render(request, "postroom_jobs/console/jobs.html", context)


@page(_SEE)
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job: what it is for, when it runs, its runs, its buttons."""
    row = _job(job_id)
    active = row.enabled and row.registered
    moments = cron.upcoming(row.schedule, row.zone, timezone.now(), _UPCOMING) if active else []
    can_see_runs = request.user.has_perm(_SEE_RUNS)
    context = {
        "title": row.command,
        "section": "jobs",
        "job": row,
        "state": _state(row),
        "schedule": _schedule(row),
        "upcoming": moments,
        "runs": _shown(selectors.history(row.command)) if can_see_runs else [],
        "can_see_runs": can_see_runs,
        "can_run": row.registered and row.requested_at is None and request.user.has_perm(_RUN),
        "can_enable": request.user.has_perm(_ENABLE),
    }
    return render(request, "postroom_jobs/console/job.html", context)


@page(_SEE, _SEE_RUNS)
def runs(request: HttpRequest) -> HttpResponse:
    """The runs of all jobs, newest first."""
    status, past = request.GET.get("status", ""), request.GET.get("past", "")
    command = request.GET.get("job", "")
    if status and status not in _COLOURS:
        raise NonsenseError(f"'status' is one of {', '.join(_COLOURS)}.")
    if "\0" in command or (past and not (past.isascii() and past.isdigit() and len(past) < 19)):
        raise NonsenseError("This cannot be searched.")
    rows = JobRun.objects.order_by("-pk")
    values = {"status": status, "job": command}
    rows = rows.filter(**{k: v for k, v in (("status", status), ("command", command)) if v})
    if past:
        rows = rows.filter(pk__lt=int(past))
    found = list(rows[: listing.ROWS + 1])
    more = len(found) > listing.ROWS
    context = {
        "title": "Runs",
        "section": "jobs",
        "runs": _shown(found[: listing.ROWS]),
        "tabs": [listing.Tab("All", listing.link(values, status=""), "", not status)]
        + [
            listing.Tab(one.capitalize(), listing.link(values, status=one), "", one == status)
            for one in _COLOURS
        ],
        "chips": listing.chips(values, {"job": "job"}, {}),
        "further": listing.link(values, past=str(found[-2].pk)) if more else "",
    }
    return render(request, "postroom_jobs/console/runs.html", context)


@page(_SEE, _SEE_RUNS)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: what it found, queued and failed to do."""
    row = JobRun.objects.filter(pk=run_id).first() if run_id <= _LARGEST_ID else None
    if row is None:
        raise Http404(f"There is no run #{run_id}. It may have been deleted by the clean-up.")
    known = ScheduledJob.objects.filter(command=row.command).values_list("pk", flat=True).first()
    context = {
        "title": f"Run #{row.pk}",
        "section": "jobs",
        "job_id": known,
        "can_see_emails": request.user.has_perm(SEE),
        **_shown([row])[0],
    }
    return render(request, "postroom_jobs/console/run.html", context)


@page(_SEE, methods="POST")
def decide(request: HttpRequest, job_id: int, name: str) -> HttpResponse:
    """Run now, enable, disable."""
    from postroom.web.jobs.scheduling import decisions  # recorded in the admin's log

    acts: dict[str, tuple[str, Callable[[int, Any], bool], str, str]] = {
        "run": (
            _RUN, decisions.request_run,
            "Run requested. It starts within seconds if a scheduler is running.",
            "Not requested: a run is already requested, or the code no longer has this job.",
        ),
        "enable": (
            _ENABLE, decisions.enable,
            "Enabled. Due times that passed in the meantime are not made up for.",
            "It is enabled already.",
        ),
        "disable": (
            _ENABLE, decisions.disable,
            "Disabled here. Jobs started by cron, systemd or Kubernetes still run.",
            "It is disabled already.",
        ),
    }  # fmt: skip
    if name not in acts:
        raise Http404(f"There is no action {name!r}.")
    permission, act, done, left = acts[name]
    if not request.user.has_perm(permission):
        raise PermissionDenied("You do not have permission to do this.")
    if act(_job(job_id).pk, request.user):
        messages.success(request, done)
    else:
        messages.warning(request, left)
    return HttpResponseRedirect(links.to(request, "job", job_id))


def _job(job_id: int) -> ScheduledJob:
    row = ScheduledJob.objects.filter(pk=job_id).first() if job_id <= _LARGEST_ID else None
    if row is None:
        raise Http404(f"There is no job #{job_id}.")
    return row


def _state(row: ScheduledJob) -> str:
    if not row.registered:
        return "no longer in the code"
    return "enabled" if row.enabled else "disabled"


def _schedule(row: ScheduledJob) -> str:
    zone = "" if row.timezone == "UTC" else f", {row.timezone}"
    return f"{cron.explain(row.schedule)}{zone}"


def _shown(rows: list[JobRun]) -> list[dict[str, Any]]:
    return [
        {
            "run": row,
            "colour": _COLOURS[row.status],
            "took": formats.length(row.finished_at - row.started_at) if row.finished_at else "",
        }
        for row in rows
    ]


register(
    Section(
        "jobs",
        "Jobs",
        50,
        _SEE,
        (
            path("jobs/", jobs, name="jobs"),
            path("jobs/runs/", runs, name="runs"),
            path("jobs/runs/<int:run_id>/", run, name="run"),
            path("jobs/<int:job_id>/", job, name="job"),
            path("jobs/<int:job_id>/<slug:name>/", decide, name="job_decide"),
        ),
        key="o",
    )
)
