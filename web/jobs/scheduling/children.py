"""The processes that run jobs: starts them, enforces their deadlines, stops and reaps them."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Final

from postroom.web.jobs.logs import log
from postroom.web.jobs.running.lock import owner_name
from postroom.web.jobs.scheduling.claims import Launch, Unsuccessful

KILL_SECONDS: Final = 20.0  # between SIGTERM and SIGKILL: time to commit a chunk of e-mails


@dataclass(slots=True)
class Child:
    """One job's process; times are seconds of the monotonic clock."""

    command: str
    run_id: int
    process: subprocess.Popen[bytes]
    stop_at: float
    kill_at: float | None = None
    interrupted: bool = False


class Children:
    """Every process of one scheduler."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self.failures = 0  # processes that exited with a code other than 0

    def __len__(self) -> int:
        return len(self._children)

    def start(self, job: Launch) -> None:
        """Start the job's command in its own process.

        Raises:
            OSError: the system cannot start another process.
        """
        why = (
            f"--requested-by={job.requested_by}"
            if job.due is None
            else f"--scheduled-for={job.due.isoformat()}"
        )
        words = [job.command, *job.arguments, f"--run={job.run_id}", why]
        # Python must find the site's packages and ours whatever the working directory is.
        path = os.pathsep.join(os.path.abspath(part) for part in sys.path)  # noqa: PTH100
        process = subprocess.Popen(
            [sys.executable, "-m", "django", *words],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            # Else Ctrl-C in a terminal would reach it twice, and the second means "stop at once".
            start_new_session=True,
        )
        stop_at = time.monotonic() + job.deadline.total_seconds()
        self._children.append(Child(job.command, job.run_id, process, stop_at))
        log.info("job_started", job=job.command, pid=process.pid)

    def watch(self) -> list[Unsuccessful]:
        """Reap processes that ended; send SIGTERM, later SIGKILL, to those past their deadline.

        Returns the processes that ended without success.
        """
        now, found = time.monotonic(), []
        for child in list(self._children):
            code = child.process.poll()
            if code is not None:
                self._children.remove(child)
                if code != 0:
                    self.failures += 1
                    found.append(_unsuccessful(child))
                log.info("job_ended", job=child.command, pid=child.process.pid, code=code)
            elif child.kill_at is None and now >= child.stop_at:
                log.error("job_over_deadline", job=child.command, pid=child.process.pid)
                self._terminate(child, now)
            elif child.kill_at is not None and now >= child.kill_at:
                log.error("job_killed", job=child.command, pid=child.process.pid)
                child.process.kill()
        return found

    def stop(self) -> None:
        """Send SIGTERM to every process; call `watch` until none is left."""
        for child in self._children:
            if child.kill_at is None:
                child.interrupted = True
                self._terminate(child, time.monotonic())

    def _terminate(self, child: Child, now: float) -> None:
        child.kill_at = now + KILL_SECONDS
        child.process.send_signal(signal.SIGTERM)


def _unsuccessful(child: Child) -> Unsuccessful:
    host = owner_name().rpartition(":")[0]
    return Unsuccessful(
        child.command,
        child.run_id,
        f"{host}:{child.process.pid}",
        over=child.kill_at is not None and not child.interrupted,
        interrupted=child.interrupted,
    )
