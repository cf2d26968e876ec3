"""The lanes that an operator has paused, as far as this mailer knows."""

from collections.abc import Collection, Sequence
from time import monotonic
from typing import Final

from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.rows.store import Store
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

LOOK_SECONDS: Final = (
    1.0  # while something is paused, so that sending continues soon after a resume
)
ALL: Final = "all"


class Pauses:
    """Keeps the messages of paused e-mails, which the claim statement leaves out.

    A pause is noticed when a claim leaves out what is due, or at the next heartbeat. While one is
    known, the claiming thread checks every second whether it is over.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._lanes: frozenset[Priority] = frozenset()
        self._next_look = 0.0

    @property
    def lanes(self) -> frozenset[Priority]:
        """Lanes that are paused."""
        return self._lanes

    def update(self, names: Collection[str]) -> None:
        """Take the paused lanes from the database; from any thread."""
        lanes = frozenset(Priority) if ALL in names else frozenset(map(Priority, names))
        if lanes == self._lanes:
            return
        self._lanes = lanes
        self._consumer.pause(lanes)
        log.warning("paused", lanes=sorted(lanes)) if lanes else log.info("resumed")

    def look(self, claims: Store) -> None:
        """Check whether a known pause is over, at most once per second.

        Raises:
            DatabaseUnavailableError: not known; the lanes stay as they were.
        """
        if self._lanes and monotonic() >= self._next_look:
            self._next_look = monotonic() + LOOK_SECONDS
            self.update(claims.paused_lanes())

    def held_back(self, claims: Store, others: Sequence[Delivery]) -> list[Delivery]:
        """Those of these unclaimed deliveries that must be kept, as their e-mails still wait.

        An e-mail that was requeued or resumed since the claim is kept as well, and claimed next
        time.

        Raises:
            DatabaseUnavailableError: not known; keep them all.
        """
        due = claims.still_due([delivery.email_id for delivery in others])
        if due:
            self.update(claims.paused_lanes())
        return [delivery for delivery in others if delivery.email_id in due]
