"""Turns SIGTERM and SIGINT into a flag and a readable descriptor; the handlers do nothing else."""

import os
import signal
import socket
import threading
from types import FrameType


class StopSignals:
    """`stop` is set by the first signal; a second one ends the process at once.

    `wake_fd` becomes readable at the first signal, so that a `select` wakes up.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()  # others may set it as well
        self._signalled = False
        # Sockets, since Windows has no `select` for pipes.
        self._waking, self._wake = socket.socketpair()
        self.wake_fd = self._waking.fileno()

    def install(self) -> "StopSignals":
        """Take over both signals; only possible on the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return self

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._signalled:
            os._exit(128 + number)
        self._signalled = True
        self.stop.set()
        self._wake.send(b"x")

    def close(self) -> None:
        """Close the descriptor; for users that go on living, such as tests."""
        self._waking.close()
        self._wake.close()
