"""Rules about jobs: failed, over or near their deadline, overdue, lost, refused their lock."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from postroom.web.emails.operating.health import (
    Alert,
    Figures,
    Finding,
    Limits,
    Rule,
    Verdict,
    finding,
    words,
)
from postroom.web.jobs.figures import JobFigures
from postroom.web.jobs.status import RunStatus

FIGURES: Final = "jobs"
_KEPT: Final = timedelta(days=7)  # so long a failure is shown, unless a later run ends well
_LATE: Final = timedelta(minutes=2)
_NEAR: Final = 0.8  # of its deadline
_OFTEN: Final = 3
_FAILED: Final = {
    RunStatus.FAILED: "failed",
    RunStatus.PARTIAL: "failed for a part of its items",
    RunStatus.LOST: "was lost: its process ended without a word",
}

_Find = Callable[[Figures, Limits], Iterator[Finding]]
_Judge = Callable[[JobFigures, datetime], Iterator[Finding]]


def _each(judge: _Judge) -> _Find:
    def find(figures: Figures, _: Limits) -> Iterator[Finding]:
        for job in figures.parts.get(FIGURES, ()):
            yield from judge(job, figures.at)

    return find


def _failed(job: JobFigures, now: datetime) -> Iterator[Finding]:
    ended = job.finished_at
    if job.status in _FAILED and ended and now - ended < _KEPT:
        yield _about(
            job,
            f"The job {job.command} {_FAILED[RunStatus(job.status)]}.",
            since=ended,
            hurts="What it queued before stays queued; the rest of its work is not done.",
            recovers=_next(job),
            do="Read the error of its run, fix the cause, and run it again: what it has done "
            "already is not done twice.",
        )


def _over(job: JobFigures, now: datetime) -> Iterator[Finding]:
    ended = job.finished_at
    if job.over_deadline and ended and now - ended < _KEPT:
        limit = f" of {words.span(job.deadline.total_seconds())}" if job.deadline else ""
        yield _about(
            job,
            f"The job {job.command} was stopped at its deadline{limit}.",
            since=ended,
            hurts="What it queued before stays queued; the rest of its work is not done.",
            recovers=_next(job),
            do="Find out why it takes so long, or give it a later deadline; then run it again.",
        )


def _near(job: JobFigures, now: datetime) -> Iterator[Finding]:
    began, limit = job.running_since, job.deadline
    if not (began and limit) or job.dead or (now - began) < _NEAR * limit:
        return
    yield _about(
        job,
        f"The job {job.command} has run for {words.span((now - began).total_seconds())} and is "
        f"stopped after {words.span(limit.total_seconds())}.",
        since=began,
        recovers="It may still end in time.",
        do="Look at its log; if it must take so long, give it a later deadline.",
    )


def _lost(job: JobFigures, now: datetime) -> Iterator[Finding]:
    if job.dead:
        yield _about(
            job,
            f"The job {job.command} is lost: it says that it runs on {job.host}, and holds no "
            "lock any more.",
            since=job.running_since,
            hurts="What it queued before stays queued; the rest of its work is not done.",
            recovers=_next(job),
            do="Check that a scheduler runs; it starts the job again. Or run it by hand.",
        )


def _overdue(job: JobFigures, now: datetime) -> Iterator[Finding]:
    if job.next_run_at and now - job.next_run_at > _LATE:
        late = words.span((now - job.next_run_at).total_seconds())
        yield _about(
            job,
            f"The job {job.command} is overdue: it should have begun {late} ago.",
            since=job.next_run_at,
            recovers="It runs when a scheduler is back, unless it is set to skip missed times.",
            do="Check that manage.py run_jobs runs, and has a place free for it.",
        )


def _refused(job: JobFigures, now: datetime) -> Iterator[Finding]:
    if job.refused >= _OFTEN:
        since = f"since {words.moment(job.running_since)} " if job.running_since else ""
        yield _about(
            job,
            f"The job {job.command} was refused {job.refused} times because another process "
            f"{since}holds its lock.",
            since=job.running_since,
            recovers="It begins by itself when the lock is free.",
            do="Check whether the process that holds the lock still works. If several schedulers "
            "start this job, leave it to one.",
        )


def _next(job: JobFigures) -> str:
    if job.next_run_at is None:
        return "It is not started again by itself."
    return f"It runs again at {words.moment(job.next_run_at)}."


def _about(job: JobFigures, what: str, **more: Any) -> Finding:
    return finding(Verdict.WARNING, what, place="jobs", query=f"q={job.command}", **more)


def _rule(name: str, runbook: str, short: str, alert: str, summary: str, wait: str = "1m") -> Rule:
    """A rule whose alert names the job."""
    expression = f'max by (command) (postroom_job_trouble{{rule="{name}"}}) >= 1'
    return Rule(
        name,
        runbook,
        short,
        _each(JUDGES[name]),
        Alert(alert, "warning", summary, wait, expression),
    )


JUDGES: Final[Mapping[str, _Judge]] = {
    "job_failed": _failed,
    "job_over_deadline": _over,
    "job_near_deadline": _near,
    "job_lost": _lost,
    "job_overdue": _overdue,
    "job_refused": _refused,
}
_THE_JOB: Final = "The job {{ $labels.command }}"
RULES: Final = (
    _rule("job_failed", "job-failed", "a job failed", "PostroomJobFailed", f"{_THE_JOB} failed"),
    _rule(
        "job_over_deadline",
        "job-deadline",
        "a job was stopped at its deadline",
        "PostroomJobOverDeadline",
        f"{_THE_JOB} was stopped at its deadline",
        "0s",
    ),
    _rule(
        "job_near_deadline",
        "job-deadline",
        "a job is near its deadline",
        "PostroomJobNearDeadline",
        f"{_THE_JOB} is near its deadline",
        "0s",
    ),
    _rule(
        "job_lost",
        "job-failed",
        "the process of a job is gone",
        "PostroomJobLost",
        f"{_THE_JOB} is lost: its process is gone",
    ),
    _rule(
        "job_overdue",
        "scheduler-silent",
        "a job should have begun",
        "PostroomJobOverdue",
        f"{_THE_JOB} is overdue",
    ),
    _rule(
        "job_refused",
        "job-refused",
        "a job is refused its lock again and again",
        "PostroomJobRefused",
        f"{_THE_JOB} is refused its lock again and again",
    ),
)
