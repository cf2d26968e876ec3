"""Whether a run that was stopped was stopped by its scheduler at the job's deadline.

A process learns from SIGTERM only that it must stop. Schedulers count from earlier than the run's
row says: `run_jobs` from the start of the process, which may have tried before or waited for the
lock of a dead owner; Kubernetes and cron from the first process of the due time.
"""

import time
from datetime import timedelta
from typing import Final

from django.db.models import F
from django.db.models.functions import Now

from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running.history import Cause

# From SIGTERM to SIGKILL, and more: an older start was not under the same deadline.
_TIME_TO_STOP: Final = timedelta(minutes=1)


def is_over(command: str, cause: Cause) -> bool:
    """Whether the time that the scheduler of this process gives it is over.

    Raises:
        DatabaseError, InterfaceError: PostgreSQL is unavailable.
    """
    if cause.deadline is None:
        return False
    took = timedelta(seconds=time.monotonic() - cause.process_began)
    if _is_all(took, cause.deadline):
        return True
    if cause.due is None or cause.run_id is not None:
        return False  # run_jobs gives each process all of the time
    first = (
        JobRun.objects.filter(
            command=command,
            scheduled_for=cause.due,
            started_at__gt=Now() - (cause.deadline + _TIME_TO_STOP),
        )
        .order_by("started_at")
        .annotate(age=Now() - F("started_at"))
        .values_list("age", flat=True)
        .first()
    )
    return first is not None and _is_all(first, cause.deadline)


def _is_all(took: timedelta, deadline: timedelta) -> bool:
    """A scheduler counts from the start of the process, which looks at the clock a little later."""
    return took >= deadline - min(timedelta(seconds=30), deadline / 10)
