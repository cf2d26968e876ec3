"""Channels that report how runs ended, such as a webhook; never the e-mail queue.

A channel is a function that takes an `Outcome`. It runs in the job's own process after the run has
been recorded and its lock released, so it can delay neither an e-mail nor another job. It has
`LONGEST_SECONDS`; what it raises is logged.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from postroom.web.jobs.job import Job
from postroom.web.jobs.logs import log
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


def announce(outcome: Outcome) -> None:
    """Give the outcome to every channel, and wait until all have ended or run out of time."""
    threads = [
        threading.Thread(target=_try, args=(channel, outcome), name="channel", daemon=True)
        for channel in _channels
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_SECONDS)
        if thread.is_alive():
            log.error("channel_too_slow", job=outcome.command)


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
