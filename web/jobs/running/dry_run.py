"""A run that only shows what it would do, in a read-only transaction."""

import time
from collections.abc import Callable
from typing import TextIO

from django.db import connection, transaction

from postroom.web.jobs.running.history import Counts
from postroom.web.jobs.running.run import Run, Start
from postroom.web.jobs.running.run_result import RunResult
from postroom.web.jobs.status import RunStatus


def execute(
    work: Callable[[Run], None],
    start: Start,
    *,
    out: TextIO,
) -> RunResult:
    """Run `work` without lock and history, in a read-only transaction.

    Raises:
        DatabaseError: also when the job writes although `run.dry_run` is set.
    """
    from postroom.web.jobs.running.outgoing import (
        Preview,  # as in locked_run: loaded only when needed
    )

    begun = time.monotonic()
    run = Run(start, outgoing=Preview(out), commit=_commit_nothing, dry_run=True)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        try:
            work(run)
            run.finish()
        finally:
            run.abandon()
    status = RunStatus.STOPPED if run.stop_requested else RunStatus.COMPLETED
    return RunResult(status, run.counts, time.monotonic() - begun, "", True, run.skipped)


def _commit_nothing(_counts: Counts) -> None:
    pass
