"""When a mailer counts as stuck: not at the first look, which a frozen process takes too early."""

import threading
from collections.abc import Iterable

import pytest

from postroom.mailer.process import until_stuck

STUCK = {"claim": "no progress for a minute"}


class Looks(threading.Event):
    """Stops after the looks that were planned, and does not wait between two."""

    def __init__(self, found: Iterable[dict[str, str]]) -> None:
        super().__init__()
        self._found = iter(found)
        self.alive = 0
        self.now: dict[str, str] = {}

    def wait(self, timeout: float | None = None) -> bool:
        following = next(self._found, None)
        self.now = following or {}
        return following is None

    def watch(self) -> dict[str, str]:
        return until_stuck(self, lambda: self.now, self._tell)

    def _tell(self) -> None:
        self.alive += 1


def test_loops_that_come_round_after_some_looks_are_not_stuck() -> None:
    looks = Looks([{}, *[STUCK] * 4, {}, *[STUCK] * 4, {}])
    assert looks.watch() == {}
    assert looks.alive == 3, "systemd hears of the good ones only"


@pytest.mark.fault(36)
def test_loop_that_stays_away_is_stuck() -> None:
    looks = Looks([{}, *[STUCK] * 5, {}])
    assert looks.watch() == STUCK
    assert looks.alive == 1
