"""Coroutines: generators that yield the file descriptor they wait for.

So one thread drives many SMTP sessions, and a dialogue still reads from top to bottom. `Steps` is
their type, `finish` runs one alone, `StepLoop` runs many. Instants are those of `time.monotonic()`
in seconds.
"""

import contextlib
import math
import os
import select
from collections.abc import Callable, Generator
from contextvars import Context, copy_context
from time import monotonic
from typing import Final, Generic, NamedTuple, TypeVar

from postroom.shared.telemetry.logs import logger

log = logger(__name__)

READ, WRITE = select.POLLIN, select.POLLOUT
TICK = 0.1  # seconds within which a wait that cannot be shut down notices a stop
_T = TypeVar("_T")


class Wait(NamedTuple):
    """Go on when `fileno` is ready for READ or WRITE, at the latest at the instant `until`."""

    fileno: int
    events: int
    until: float


Steps = Generator[Wait, bool, _T]  # sent back: whether the descriptor became ready in time

# Waits for no descriptor: continue once the others that began just now have reached theirs. See
# what-speed-costs: same work together.
TOGETHER: Final = Wait(-1, 0, math.inf)


def always() -> Steps[bool]:
    """Answers True without waiting."""
    return True
    yield  # makes it a generator


def finish(steps: Steps[_T], alive: Callable[[], None] = lambda: None) -> _T:
    """Run `steps` alone on this thread to the end; returns and raises what they do.

    `alive` is called at least once per second, so that a long wait does not look like a stuck
    thread.
    """
    try:
        wait = next(steps)
        while True:
            wait = steps.send(wait is TOGETHER or _wait(wait, alive))
    except StopIteration as end:
        result: _T = end.value
        return result


def _wait(wait: Wait, alive: Callable[[], None]) -> bool:
    """Whether the descriptor became ready in time."""
    poll = select.poll()
    poll.register(wait.fileno, wait.events)
    while True:
        alive()
        until = min(wait.until, monotonic() + 1)
        if poll.poll(_milliseconds(until)):
            return True
        if until == wait.until:
            return False


class StepLoop:
    """Runs many `Steps` on one thread, each until it waits; only `wake` is for other threads."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._wakeful, self._waker = os.pipe()
        os.set_blocking(self._wakeful, False)
        os.set_blocking(self._waker, False)
        self._poll.register(self._wakeful, READ)
        self._waiting: dict[int, tuple[Steps[None], Context, float]] = {}
        self._together: list[tuple[Steps[None], Context]] = []
        self._earliest = math.inf  # no wait ends before this; lazily raised

    def __len__(self) -> int:
        return len(self._waiting) + len(self._together)

    def start(self, steps: Steps[None]) -> None:
        """Begin, with a log context of its own; an exception is logged and ends only `steps`."""
        self._go_on(steps, copy_context(), next, steps)

    def turn(self, longest: float) -> None:
        """Continue what yielded TOGETHER; then wait up to `longest` seconds for a descriptor or a
        `wake`, and continue what has become ready."""
        together, self._together = self._together, []
        for steps, context in together:
            self._go_on(steps, context, steps.send, True)
        until = min(self._earliest, monotonic() + longest)
        for fileno, _ in self._poll.poll(_milliseconds(until)):
            if fileno == self._wakeful:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wakeful, 4096)
            else:
                self._resume(fileno, ready=True)
        now = monotonic()
        if now >= self._earliest:
            # Answers that have come were handled above: a slow turn is not the server's fault.
            for fileno in [f for f, (_, _, until) in self._waiting.items() if until <= now]:
                self._resume(fileno, ready=False)
            self._earliest = min((w[2] for w in self._waiting.values()), default=math.inf)

    def wake(self) -> None:
        """End the wait of `turn` now; safe from any thread."""
        with contextlib.suppress(BlockingIOError):  # full: it will wake
            os.write(self._waker, b"\0")

    def close(self) -> None:
        """Give the descriptors back; steps that still wait are dropped."""
        for steps, _, _ in self._waiting.values():
            steps.close()
        for steps, _ in self._together:
            steps.close()
        self._waiting.clear()
        self._together.clear()
        os.close(self._wakeful)
        os.close(self._waker)

    def _resume(self, fileno: int, *, ready: bool) -> None:
        steps, context, _ = self._waiting.pop(fileno)
        self._poll.unregister(fileno)
        self._go_on(steps, context, steps.send, ready)

    def _go_on(
        self, steps: Steps[None], context: Context, step: Callable[[_T], Wait], value: _T
    ) -> None:
        try:
            wait = context.run(step, value)
        except StopIteration:
            return
        except Exception:
            log.exception("steps_raised")
            return
        if wait is TOGETHER:
            self._together.append((steps, context))
            return
        self._waiting[wait.fileno] = (steps, context, wait.until)
        self._poll.register(wait.fileno, wait.events)
        self._earliest = min(self._earliest, wait.until)


class Answer(Generic[_T]):
    """A value that another thread gives; steps `wait` for it."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._given: _T | None = None

    def give(self, value: _T) -> None:
        """Give the value, once."""
        self._given = value
        os.close(self._write)  # the end of the pipe is the signal, wherever the waiter is by now

    def wait(self, until: float, stopped: Callable[[], bool]) -> Steps[_T | None]:
        """The value; None if it did not come in time, or soon after `stopped()` became true."""
        try:
            while not (yield Wait(self._read, READ, min(until, monotonic() + TICK))):
                if stopped() or monotonic() >= until:
                    return None
            return self._given
        finally:
            os.close(self._read)


def _milliseconds(until: float) -> int:
    """Milliseconds until then, rounded up: waking a moment early would only mean another wait."""
    return max(0, math.ceil((until - monotonic()) * 1000))
