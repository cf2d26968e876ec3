"""Waits for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 120.0  # seconds; so long takes nothing but a hang, however busy the machine is


def wait_until(condition: Callable[[], T | None], timeout: float = PATIENCE) -> T:
    """The condition's first true value.

    Raises:
        TimeoutError: it did not come true in time; shows the last value.
    """
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            name = getattr(condition, "__name__", "condition")
            raise TimeoutError(f"{name} not true after {timeout:g} s (last value: {value!r})")
        time.sleep(0.02)
    return value
