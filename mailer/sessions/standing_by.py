"""A mailer that gets no connection because others hold them all: it leaves the work to these."""

import random
from collections.abc import Callable
from typing import Final

from postroom.mailer.circuit import Circuit
from postroom.mailer.sessions.neighbours import Neighbours, Others
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_AGAIN_SECONDS: Final = 10.0  # the longest time until one connection is tried


class StandingBy:
    """Whether this mailer stands by; for the sending thread. Instants are monotonic seconds."""

    def __init__(
        self, neighbours: Neighbours, circuit: Circuit, stand_by: Callable[[bool], None]
    ) -> None:
        """`stand_by` is called with True when the work is left to others, and with False when this
        mailer takes part again."""
        self.active = False
        self._neighbours = neighbours
        self._circuit = circuit
        self._stand_by = stand_by
        self._taken = 0  # connections of the others when we got none
        self._try_at = 0.0

    def left_to_others(self, now: float, error: str) -> bool:
        """We got none: whether others hold some. Then stand by, or go on to; else do not."""
        others = self._neighbours.look()
        if others is None or not others.sessions:
            return False
        self._taken = others.sessions
        self._try_at = now + _AGAIN_SECONDS * random.uniform(0.5, 1)
        if not self.active:
            self.active = True
            self._circuit.record_success(now)  # the server works: others use it
            log.warning("standing_by", connections_of_others=others.sessions, error=error)
            self._stand_by(True)
        return True

    def is_due(self, now: float, others: Others | None) -> bool:
        """Whether to try a connection: the others have fewer than before, or it is time. If
        nothing is known of them, only a trial shows it."""
        return others is None or others.sessions < self._taken or now >= self._try_at

    def end(self) -> None:
        """Take part again."""
        if self.active:
            self.active = False
            log.info("taking_part_again")
            self._stand_by(False)
