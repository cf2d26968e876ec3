"""A run under its lock, from acquiring to releasing it: the job engine's table of contents."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction

from postroom.shared.telemetry.logs import bind
from postroom.web.conf import conf
from postroom.web.emails.queueing.tasks import task
from postroom.web.jobs import channels
from postroom.web.jobs.errors import LockLostError
from postroom.web.jobs.logs import log
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running import dead_runs, deadline, failures, history, lock
from postroom.web.jobs.running.history import Cause, Counts
from postroom.web.jobs.running.lock import Lock, Refusal
from postroom.web.jobs.running.renewal import Renewal
from postroom.web.jobs.running.run import Run, Start
from postroom.web.jobs.running.run_result import RunResult
from postroom.web.jobs.status import RunStatus


def take_lock(task_name: str, *, ceiling: timedelta, force: bool) -> Lock | Refusal:
    """Take the lock of `task_name`, or return its owner. One query."""
    lease = timedelta(seconds=conf.job_lease_seconds)
    if connection.in_atomic_block:
        lease = ceiling  # no other connection sees the lock, so it cannot be renewed
    taken = lock.take(task_name, lease=lease, ceiling=ceiling, force=force)
    if isinstance(taken, Refusal):
        log.info("lock_refused", task=task_name, held_by=taken.owner)
    else:
        log.info("lock_acquired", task=task_name, owner=taken.owner, taken_from=taken.taken_from)
    return taken


def execute(
    held: Lock,
    work: Callable[[Run], None],
    start: Start,
    cause: Cause,
) -> RunResult:
    """Run `work`, write its history, and release the lock whatever happens.

    First it ends what dead owners left open, and announces the runs among them that are lost.

    Raises:
        DatabaseError, InterfaceError: the database became unavailable; the lock expires after its
            lease.
    """
    lost = dead_runs.close(held, due=cause.due).lost
    try:
        return _execute(held, work, start, cause)
    finally:
        channels.announce_lost(lost)  # not earlier: a slow channel must not hold up this job


def _execute(held: Lock, work: Callable[[Run], None], start: Start, cause: Cause) -> RunResult:
    from postroom.web.jobs.running.outgoing import (
        Queueing,  # it loads the templates' code: a refusal must not wait for that
    )

    begun = time.monotonic()
    row = history.begin(held, held.task_name, cause)
    if row is None:
        lock.release(held)
        log.info("run_already_begun", task=held.task_name, run=cause.run_id)
        return RunResult(
            RunStatus.REFUSED, Counts(), 0.0, "Another process has already begun this run"
        )

    def commit(counts: Counts) -> None:
        lock.fence(held)
        history.record(row, counts)

    run = Run(start, outgoing=Queueing(), commit=commit)
    with bind(job=held.task_name, run=row.pk), task(held.task_name, row.pk):
        status, error, may_pass = _work(held, run, work, start.stop)
        if over := status is RunStatus.STOPPED and deadline.is_over(held.task_name, cause):
            error = "It was stopped at its deadline"
        seconds = time.monotonic() - begun
        log.info("job_found", found=run.counts.found, skipped=run.counts.skipped)
        log.info("job_queued", queued=run.counts.queued, already_sent=run.counts.already_sent)
        log.info(f"job_{status.value}", seconds=round(seconds, 3), failed=run.counts.failed)
        _end(held, row, status, error, over_deadline=over)
    return RunResult(status, run.counts, seconds, error, False, run.skipped, may_pass, over)


def _work(
    held: Lock, run: Run, work: Callable[[Run], None], stop: threading.Event
) -> tuple[RunStatus, str, bool]:
    """How the run ended, its error, and whether the reason may pass."""
    renewal = Renewal(held, stop)
    try:
        with nullcontext() if connection.in_atomic_block else renewal:
            work(run)
            run.finish()
    except LockLostError as error:
        return RunStatus.LOST, str(error), False
    except (DatabaseError, InterfaceError, psycopg.Error) as error:
        # A new connection to release the lock, if the database is available again.
        if not connection.in_atomic_block:
            connection.close()
        text = f"Database error: {failures.reason(error)}"
        return RunStatus.FAILED, text, failures.may_pass(error)
    except Exception as error:  # noqa: BLE001
        # A fault of the job's code: log it, record it with the run, and release the lock.
        log.exception("job_error")
        text = f"{type(error).__name__}: {failures.reason(error)}"
        return RunStatus.FAILED, text, failures.may_pass(error)
    finally:
        run.abandon()
    if renewal.lost.is_set():
        return RunStatus.LOST, "The lock expired or was taken by force", False
    if run.stop_requested:
        return RunStatus.STOPPED, "", False
    return (RunStatus.PARTIAL if run.counts.failed else RunStatus.COMPLETED), "", False


def _end(held: Lock, row: JobRun, status: RunStatus, error: str, *, over_deadline: bool) -> None:
    with transaction.atomic():
        refusals = lock.release(held)
        history.finish(
            row, status, error=error, over_deadline=over_deadline, refusals=refusals or 0
        )
    log.info("lock_released", still_ours=refusals is not None)
