"""Which installation this mailer belongs to: the one of its database."""

from time import monotonic
from typing import Final

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.rows.store import Store

_UNKNOWN_SECONDS: Final = 1.0  # until it is asked for again: no relay has written it yet
_KNOWN_SECONDS: Final = 60.0


class Installation:
    """`identity`: 16 hexadecimal digits that the relay has written; empty while not known.

    The claiming thread asks; any thread may read.
    """

    def __init__(self) -> None:
        self.identity = ""
        self._next_look = 0.0

    def look(self, store: Store) -> None:
        """Ask the database from time to time.

        Raises:
            DatabaseUnavailableError: not known; it stays as it was.
        """
        if monotonic() >= self._next_look:
            self.look_again(store)

    def look_again(self, store: Store) -> None:
        """Ask the database now. Raises as `look`."""
        self.identity = store.installation()
        self._next_look = monotonic() + (_KNOWN_SECONDS if self.identity else _UNKNOWN_SECONDS)

    def denies(self, delivery: Delivery) -> bool:
        """Whether the message is certainly not ours: it names another installation."""
        return delivery.installation not in ("", self.identity) and self.identity != ""
