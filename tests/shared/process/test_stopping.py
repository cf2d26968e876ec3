"""Signals that ask a process to stop: heard at any moment, and obeyed at once the second time."""

import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from dev.keeper import ROOT
from postroom.shared.process.stopping import StopSignals
from tests.support.waits import PATIENCE

# Each round is a process's whole life: it looks at the flag until a signal comes, at any moment.
_ROUNDS = """
import os, signal, threading
from postroom.shared.process.stopping import StopSignals
for _ in range(300):
    signals = StopSignals().install()
    threading.Timer(0.0003, os.kill, (os.getpid(), signal.SIGTERM)).start()
    while not signals.stop.wait(0):
        pass
    signals.close()
"""


@pytest.fixture
def signals() -> Iterator[StopSignals]:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    with closing(StopSignals().install()) as signals:
        yield signals
    for each, handler in before.items():
        signal.signal(each, handler)


def test_signal_within_a_wait_for_the_flag_does_not_stop_the_process_for_ever() -> None:
    """A mailer that got SIGTERM at the wrong moment neither stopped nor said that it was alive."""
    done = subprocess.run([sys.executable, "-c", _ROUNDS], cwd=ROOT, timeout=PATIENCE, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_waits_for_the_descriptor_finds_the_flag_set(
    signals: StopSignals, number: signal.Signals
) -> None:
    assert not signals.stop.is_set()
    assert not select.select([signals.wake_fd], [], [], 0)[0]
    signal.raise_signal(number)
    assert select.select([signals.wake_fd], [], [], PATIENCE)[0]
    assert signals.stop.is_set()


def test_second_signal_ends_the_process_at_once() -> None:
    program = (
        "import signal; from postroom.shared.process.stopping import StopSignals;"
        "signals = StopSignals(lambda: print('at once', flush=True)).install();"
        "signal.raise_signal(signal.SIGTERM); signals.stop.wait();"
        "signal.raise_signal(signal.SIGTERM); print('still here')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, timeout=PATIENCE, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "at once\n")
