"""Messages of another installation that uses the same virtual host: back to the queue, loudly.

An id means nothing in another database, so such a message is neither claimed nor acknowledged. It
goes back for a mailer of its owner, after a pause that grows with its returns, so that it does not
run in circles; RabbitMQ dead-letters it after `x-delivery-limit` returns, and the relay of its
owner then publishes another.
"""

from time import monotonic
from typing import Final

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.broker.installation import Installation
from postroom.mailer.rows.store import Store
from postroom.shared.broker.marker import shared_with
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
LOG_SECONDS: Final = 10.0
TROUBLE_SECONDS: Final = 60.0  # how long after the last one it is still said


class Foreign:
    """Owned by the claiming thread; `count` and `trouble` may be read by any."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._waiting: list[tuple[float, Delivery]] = []  # each with the instant of its return
        self._next_log = 0.0
        self._last_seen = 0.0
        self._other = ""
        self.count = 0

    @property
    def trouble(self) -> str:
        """What is wrong, in words; empty while no such message has come lately."""
        if not self._other or monotonic() - self._last_seen > TROUBLE_SECONDS:
            return ""
        return shared_with(self._other, self._installation.identity)

    def keep_out(self, deliveries: list[Delivery], store: Store) -> list[Delivery]:
        """Those of `deliveries` that are ours; the others go back in a moment.

        Raises:
            DatabaseUnavailableError: not known which are ours.
        """
        if not any(map(self._installation.denies, deliveries)):
            return deliveries
        self._installation.look_again(store)  # the database may be another one since
        foreign = [one for one in deliveries if self._installation.denies(one)]
        if not foreign:
            return deliveries
        now = monotonic()
        self._waiting += [(now + _pause(one), one) for one in foreign]
        self.count += len(foreign)
        self._last_seen, self._other = now, foreign[-1].installation
        if now >= self._next_log:
            self._next_log = now + LOG_SECONDS
            log.error("messages_of_another_installation", count=self.count, error=self.trouble)
        return [one for one in deliveries if not self._installation.denies(one)]

    def give_back(self) -> None:
        """Return those whose pause is over to their queue."""
        if not self._waiting:
            return
        now = monotonic()
        for due, delivery in self._waiting:
            if due <= now:
                delivery.source.give_back([delivery.tag])
        self._waiting = [entry for entry in self._waiting if entry[0] > now]


def _pause(delivery: Delivery) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(delivery.returned, 10))
