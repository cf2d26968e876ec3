"""Runs a command on new services; forwards signals to it and returns its exit code."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from dev.services import services


def run(command: list[str], *, management: bool = False) -> int:
    """Run a command on new services; forwards signals to it and returns its exit code."""
    with ended_by(signal.SIGTERM), services(management=management) as found:
        child: subprocess.Popen[bytes] | None = None
        early: list[int] = []

        def forward(number: int, _frame: object) -> None:
            # On a terminal, Ctrl-C reaches the command directly.
            if number == signal.SIGINT and _on_terminal():
                return
            if child is None:
                early.append(number)
            else:
                child.send_signal(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, forward)
        child = subprocess.Popen(command, env=os.environ | found.environment)
        for missed in early:
            child.send_signal(missed)
        code = child.wait()
    return code if code >= 0 else 128 - code


@contextmanager
def ended_by(number: int) -> Iterator[None]:
    """Turn a signal into SystemExit in this block, so that it ends in order as with Ctrl-C."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {each: signal.getsignal(each) for each in (number, signal.SIGINT)}
    signal.signal(number, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _on_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
