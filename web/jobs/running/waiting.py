"""What a start by a scheduler waits for: a lock whose owner may be dead, and a better moment."""

import os
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from postroom.web.conf import conf
from postroom.web.jobs.logs import log
from postroom.web.jobs.running import lock
from postroom.web.jobs.running.lock import Lock, Refusal

_LOOK_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = timedelta(hours=1)


def until_free(
    refusal: Refusal, take: Callable[[], Lock | Refusal], stop: threading.Event
) -> Lock | Refusal:
    """Take the lock once its owner is found to be dead, or return the living owner.

    A dead owner does not renew, so its lock expires after the rest of its lease; a living one shows
    itself by renewing, after a third of the lease at most, or at once if it runs on this host. The
    scheduler that started this process would count "not run" as done, so that nobody would finish
    a dead process's work.
    """
    if _lives_here(refusal):
        return refusal
    log.info("lock_watched", task=refusal.task_name, held_by=refusal.owner)
    while not stop.is_set():
        seen = lock.look(refusal.task_name)
        if seen is None:
            taken = take()
            if isinstance(taken, Lock):
                return taken
            refusal = taken
            continue
        token, expires_at, left = seen
        if token != refusal.token or expires_at > refusal.expires_at:
            return refusal  # renewed, or taken by another process: somebody does the work
        stop.wait(min(_LOOK_SECONDS, max(0.05, left.total_seconds())))
    return refusal


def _lives_here(refusal: Refusal) -> bool:
    """Whether the owner is a process of this host that began before it took the lock.

    Where that is not certain the answer is no: a container that was restarted has the same name
    and the same process ids, and only Linux has /proc.
    """
    host, _, pid = refusal.owner.rpartition(":")
    if (
        not pid.isdecimal()
        or host != lock.owner_name().rpartition(":")[0]
        or int(pid) == os.getpid()
    ):
        return False
    try:
        # proc(5): after the name in brackets the state, and 19 fields later when it started.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        booted = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.M)
    except OSError:
        return False
    if booted is None or fields[0] in "ZX":
        return False
    began = int(booted[1]) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return began < refusal.acquired_at.timestamp()


def before_try(number: int) -> float:
    """Seconds before the next try of a run that has failed `number` times."""
    longest = _LONGEST_PAUSE.total_seconds()
    return min(longest, conf.job_retry_seconds * 2.0 ** min(number - 1, 30))
