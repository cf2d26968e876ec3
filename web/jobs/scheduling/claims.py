"""Claims due jobs, each due time once, and again if a scheduler died before the run began.

One transaction writes the run's row, with status `due`, and moves the job's next time on, so a due
time is never lost, whichever process is killed. The run's process sets `running` by one conditional
statement, so a run begins once, however many processes were started for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from postroom.web.jobs import channels
from postroom.web.jobs.logs import log
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.running import dead_runs
from postroom.web.jobs.running.history import close_due
from postroom.web.jobs.running.lock import owner_name
from postroom.web.jobs.status import Missed, RunStatus, Trigger
from postroom.web.jobs.timing import cron

# A due time later than this counts as missed: longer than a scheduler takes to restart.
MISSED_AFTER: Final = timedelta(minutes=1)
# A process that has not begun its run by then is considered dead; a slow one does no harm.
BEGIN_WITHIN: Final = timedelta(minutes=2)
# After that we give up: the run kills its schedulers, or its command cannot be loaded.
MOST_STARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start now, for the run with the id `run_id`."""

    command: str
    arguments: tuple[str, ...]
    deadline: timedelta
    run_id: int
    due: datetime | None = None
    requested_by: str = ""


@dataclass(frozen=True, slots=True)
class Unsuccessful:
    """A process that exited with a code other than 0, or by a signal.

    `owner`: its name as in a run's `host`. `over`: we stopped it at its deadline; `interrupted`: we
    stopped it because the scheduler stops.
    """

    command: str
    run_id: int
    owner: str
    over: bool = False
    interrupted: bool = False


def claim(now: datetime) -> list[Launch]:
    """Claim one job that is due at `now` or requested, and move its next time on.

    Returns the processes to start; an empty list when nothing is due.

    Other schedulers skip the row while we hold it and find it changed afterwards, so each due time
    belongs to one scheduler. Several due times that passed become one run, for the latest of them.
    The time moves on before the run begins: a job that fails is not started again and again.
    """
    due = Q(enabled=True, next_run_at__lte=now)
    with transaction.atomic():
        rows = ScheduledJob.objects.select_for_update(skip_locked=True)
        row = (
            rows.filter(due | Q(requested_at__isnull=False), registered=True)
            .order_by("next_run_at")
            .first()
        )
        if row is None:
            return []
        starts, lost = _starts(row, now)
        row.save(update_fields=["next_run_at", "last_due_at", "requested_at", "requested_by"])
    channels.announce_lost(lost)
    return starts


def _starts(row: ScheduledJob, now: datetime) -> tuple[list[Launch], list[JobRun]]:
    """The processes to start, and the runs that never began and are given up for them."""
    starts: list[Launch] = []
    lost: list[JobRun] = []
    if row.requested_at is not None:
        starts.append(_launch(row, now, requested_by=row.requested_by))
        row.requested_at, row.requested_by = None, ""
    if row.enabled and row.next_run_at is not None and row.next_run_at <= now:
        due = row.last_due_at = _move_on(row, row.next_run_at, now)
        if row.missed == Missed.SKIP and now - due > MISSED_AFTER:
            log.warning("missed_run_skipped", job=row.command, due=due.isoformat())
        else:
            # Not one that finishes the work of a run that died: that is for another due time.
            never_began = _forgotten(now).filter(command=row.command, starts__gt=0)
            lost = _give_up(never_began, "Due again")
            starts.append(_launch(row, now, due=due))
    return starts, lost


def _give_up(runs: QuerySet[JobRun], reason: str) -> list[JobRun]:
    """End runs that have not begun, in the caller's transaction; returns them."""
    ids = list(runs.select_for_update().values_list("pk", flat=True))
    if not ids:
        return []
    given_up = JobRun.objects.filter(pk__in=ids)
    close_due(given_up, RunStatus.LOST, reason)
    return list(given_up)


def _move_on(row: ScheduledJob, first: datetime, now: datetime) -> datetime:
    """Set the row's next due time; return the latest due time from `first` to `now`."""
    try:
        row.next_run_at = cron.next_run(row.schedule, row.zone, now)
        return max(first, cron.latest(row.schedule, row.zone, now))
    except (ValueError, KeyError, OSError) as error:
        # A row of another version, or a zone unknown to this host: other jobs must go on.
        row.next_run_at = None
        log.error("schedule_unusable", job=row.command, error=str(error))
        return first


def _launch(
    job: ScheduledJob, now: datetime, *, due: datetime | None = None, requested_by: str = ""
) -> Launch:
    run = JobRun.objects.create(
        command=job.command,
        status=RunStatus.DUE.value,
        trigger=(Trigger.RUN_NOW if due is None else Trigger.SCHEDULE).value,
        requested_by=requested_by,
        scheduled_for=due,
        host=owner_name(),
        starts=1,
        begin_by=now + BEGIN_WITHIN,
    )
    return _process_for(run, job)


def claim_again(now: datetime) -> list[Launch]:
    """Claim one run that should have begun by `now` and has not.

    Returns the process to start; an empty list when there is none.
    """
    while True:
        with transaction.atomic():
            run = _forgotten(now).select_for_update(skip_locked=True).order_by("pk").first()
            if run is None:
                return []
            job = ScheduledJob.objects.filter(command=run.command, registered=True).first()
            reason = _why_not(run, job) if job else "The code no longer has this job"
            if job and not reason:
                run.starts += 1
                run.host, run.begin_by = owner_name(), now + BEGIN_WITHIN
                run.save(update_fields=["starts", "host", "begin_by"])
                log.warning("run_started_again", job=run.command, run=run.pk, starts=run.starts)
                return [_process_for(run, job)]
            lost = _give_up(JobRun.objects.filter(pk=run.pk), reason)
        log.error("run_never_began", job=run.command, run=run.pk, reason=reason)
        channels.announce_lost(lost)


def bury(dead: Unsuccessful) -> int:
    """End the run of a process that ended without doing so; returns how many start again.

    A run that has not begun is started again at once, at most MOST_STARTS times; one that had
    begun gets a successor, at most JOB_RETRIES times, unless it was stopped on purpose.
    """
    if not dead.over:
        # It died before it began: no need to wait for BEGIN_WITHIN.
        waiting = JobRun.objects.filter(pk=dead.run_id, status=RunStatus.DUE.value)
        if waiting.update(begin_by=Now()):
            # It may have taken the lock already.
            TaskLock.objects.filter(task_name=dead.command, owner=dead.owner).delete()
            return int(waiting.filter(starts__lt=MOST_STARTS).exists())
    run = _last_of(dead)
    if run is None or run.status != RunStatus.RUNNING or run.lock_token is None:
        return 0
    log.error("job_died", job=run.command, run=run.pk)
    closed = dead_runs.close_one(run.lock_token, final=dead.over)
    channels.announce_lost(closed.lost)
    return closed.again


def finish_later(interrupted: Unsuccessful) -> int:
    """Have the next scheduler finish a run that was stopped with this one; returns how many."""
    run = _last_of(interrupted)
    if run is None:
        return 0
    stopped = JobRun.objects.filter(pk=run.pk, status=RunStatus.STOPPED.value)
    return stopped.update(begin_by=Now())


def _last_of(process: Unsuccessful) -> JobRun | None:
    """The last run of the process; process ids repeat, so older ones may have its name too."""
    runs = JobRun.objects.filter(command=process.command, host=process.owner)
    return runs.filter(pk__gte=process.run_id).order_by("-pk").first()


def _forgotten(now: datetime) -> QuerySet[JobRun]:
    """Runs that should have begun by `now`: their scheduler or their process died."""
    return JobRun.objects.filter(status=RunStatus.DUE.value, begin_by__lte=now)


def _why_not(run: JobRun, job: ScheduledJob) -> str:
    if run.starts >= MOST_STARTS:
        return f"Started {run.starts} times, but never began"
    if run.starts and run.trigger == Trigger.SCHEDULE and job.missed == Missed.SKIP:
        return "The scheduler died before the run began"
    return ""


def _process_for(run: JobRun, job: ScheduledJob) -> Launch:
    return Launch(
        job.command,
        tuple(job.arguments),
        job.deadline,
        run.pk,
        due=run.scheduled_for,
        requested_by=run.requested_by,
    )
