"""Turns SIGTERM and SIGINT into a flag and a readable descriptor; the handlers do nothing else."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType


class StopSignals:
    """`stop` is set by the first signal; a second one ends the process at once.

    `wake_fd` becomes readable at the first signal, so that a `select` wakes up.
    """

    def __init__(self, at_once: Callable[[], None] = lambda: None) -> None:
        """`at_once`: what the second signal does before it ends the process."""
        self._at_once = at_once
        self._hangup: int = getattr(signal, "SIGHUP", 0)  # not on Windows
        self.stop = threading.Event()  # others may set it as well
        self._signalled = False
        # Sockets, since Windows has no `select` for pipes.
        self._waking, self._wake = socket.socketpair()
        self.wake_fd = self._waking.fileno()

    def install(self, *, hangup: bool = False) -> "StopSignals":
        """Take over both signals; only possible on the main thread.

        Args:
            hangup: the end of the terminal (SIGHUP) stops us too, unless it is ignored (`nohup`).
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if hangup and self._hangup and signal.getsignal(self._hangup) != signal.SIG_IGN:
            signal.signal(self._hangup, self._on_signal)
        return self

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            if number == self._hangup:  # a shell and the kernel send one each
                return
            self._at_once()
            os._exit(128 + number)
        self._signalled = True
        self.stop.set()
        self._wake.send(b"x")

    def close(self) -> None:
        """Close the descriptor; for users that go on living, such as tests."""
        self._waking.close()
        self._wake.close()
