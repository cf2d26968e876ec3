"""Turns SIGTERM and SIGINT into a flag and a readable descriptor; the handlers do nothing else.

Python runs a handler between two steps of the main thread, which may be within `Event.wait` and
hold the lock that `Event.set` takes: a handler that sets an event then waits for ever, and the
process with it. So a handler only writes a byte, and a thread that reads it sets the flag.
"""

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
        self._heard, self._handled = socket.socketpair()
        self._thread = threading.Thread(target=self._pass_on, name="stop signals", daemon=True)

    def install(self, *, hangup: bool = False) -> "StopSignals":
        """Take over both signals; once, and only possible on the main thread.

        Args:
            hangup: the end of the terminal (SIGHUP) stops us too, unless it is ignored (`nohup`).
        """
        self._thread.start()
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
        self._handled.send(b"x")

    def _pass_on(self) -> None:
        if self._heard.recv(1):  # nothing: closed
            self.stop.set()
            self._wake.send(b"x")

    def close(self) -> None:
        """Close the descriptors; for users that go on living, such as tests."""
        self._handled.close()
        if self._thread.is_alive():
            self._thread.join()
        for one in (self._heard, self._waking, self._wake):
            one.close()
