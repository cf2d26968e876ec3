"""Watches a main loop: a process whose loop is stuck ends, so that a new one can start."""

import os
import threading
from types import TracebackType

from postroom.shared.process import systemd
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

STUCK_SECONDS = 90  # several times the longest regular round, with every time-out in it


class Liveness:
    """Sends systemd `READY=1`, `WATCHDOG=1` while the loop comes round, and `STOPPING=1`.

        with Liveness() as liveness:
            while not stop.is_set():
                liveness.came_round()

    An unreachable server does not stop a loop. A call that never returns does, for example to a
    frozen server. Only a new process helps then: after `STUCK_SECONDS` this one ends with exit
    code 1, and systemd, supervisor, Kubernetes or Docker start a new one.
    """

    def __init__(self) -> None:
        self._round = threading.Event()
        self._over = threading.Event()

    def came_round(self) -> None:
        """Call this in every round of the loop."""
        self._round.set()

    def __enter__(self) -> "Liveness":
        systemd.notify("READY=1")
        threading.Thread(target=self._watch, name="liveness", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        systemd.notify("STOPPING=1")

    def _watch(self) -> None:
        # Counts the seconds this thread ran, not the clock's: in a process that was itself stopped
        # (SIGSTOP, a sleeping machine) the loop could not come round.
        missed = 0
        while not self._over.wait(1.0):
            if self._round.is_set():
                self._round.clear()
                missed = 0
                systemd.notify("WATCHDOG=1")
                continue
            missed += 1
            if missed >= STUCK_SECONDS:
                log.critical("loop_stuck", seconds=missed)
                os._exit(1)
