"""Channels that report how runs ended, such as a webhook; never the e-mail queue.

A channel is a function that takes an `Outcome`. It runs in the job's own process after the run has
been recorded and its lock released, so it can delay neither an e-mail nor another job; of a run
that was lost, in the process that finds it so. It has `LONGEST_SECONDS`; what it raises is logged.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from postroom.web.jobs.job import Job
from postroom.web.jobs.logs import log
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.registry import find
from postroom.web.jobs.running.history import Counts
from postroom.web.jobs.running.run_result import RunResult
from postroom.web.jobs.status import RunStatus

LONGEST_SECONDS: Final = 10.0
_TROUBLE: Final = {RunStatus.FAILED, RunStatus.PARTIAL, RunStatus.LOST}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended. `job`: its schedule, if it has one; `due`: the time it was due, if any."""

    job: Job | None
    command: str
    result: RunResult
    due: datetime | None
    host: str

    @property
    def needs_a_person(self) -> bool:
        """Whether it failed, was lost, or was stopped at its deadline."""
        return self.result.status in _TROUBLE or self.result.over_deadline

    def __str__(self) -> str:
        return f"{self.command} on {self.host}: {self.result}"


Channel = Callable[[Outcome], None]
_channels: list[Channel] = []


def register(channel: Channel) -> None:
    """Add a channel; called in an app's `ready`. One that is registered already stays once."""
    if channel not in _channels:
        _channels.append(channel)


def announce(*outcomes: Outcome) -> None:
    """Give the outcomes to every channel, and wait until all have ended or run out of time.

    Nothing happens in a caller's transaction, which may still roll back what it would report.
    """
    if not outcomes or not _is_recorded():
        return
    threads = [
        threading.Thread(target=_give, args=(channel, outcomes), name="channel", daemon=True)
        for channel in _channels
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + LONGEST_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive():
            log.error("channel_too_slow", job=outcomes[0].command, outcomes=len(outcomes))


def announce_lost(runs: Iterable[JobRun]) -> None:
    """Announce runs that were found lost and that no process finishes."""
    announce(*map(_lost, runs))


def _lost(run: JobRun) -> Outcome:
    counts = Counts(**{name.name: getattr(run, name.name) for name in fields(Counts)})
    took = run.finished_at - run.started_at if run.finished_at else timedelta()
    result = RunResult(RunStatus.LOST, counts, took.total_seconds(), run.error)
    return Outcome(find(run.command), run.command, result, run.scheduled_for, run.host)


def _is_recorded() -> bool:
    return not connection.in_atomic_block


def _give(channel: Channel, outcomes: tuple[Outcome, ...]) -> None:
    for outcome in outcomes:
        _try(channel, outcome)


def _try(channel: Channel, outcome: Outcome) -> None:
    try:
        channel(outcome)
    except Exception as error:  # noqa: BLE001
        # Whatever a site's channel raises: the run has ended, and must not end otherwise for it.
        log.error(
            "channel_failed",
            job=outcome.command,
            channel=getattr(channel, "__name__", str(channel)),
            error=f"{type(error).__name__}: {' '.join(str(error).split())}",
        )
