"""What the mailers that use the same SMTP server know of each other, by their heartbeat rows.

A server that limits connections counts those of all mailers together. So a mailer that gets none
has to know whether others hold them (then it leaves the work to these) or the server is down; and
one that holds many has to know that another has none.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.store import Store
from postroom.shared.telemetry.logs import logger

log = logger(__name__)


class Others(NamedTuple):
    """The other mailers of the server, by their last heartbeats.

    `without`: those that have no connection and want one; `wanting`: those that want more, and
    `of_wanting` the connections that these have.
    """

    mailers: int = 0
    sessions: int = 0
    without: int = 0
    wanting: int = 0
    of_wanting: int = 0

    def share(self, working: int, free: int = 0) -> int:
        """Of the connections that those who want more and we have, `working` ours, and those that
        became free: an equal part.

        The broker gives each mailer equally many messages: unequal parts of the connections would
        leave the last of them to a mailer that has few.
        """
        return max(1, -(-(working + self.of_wanting + free) // (1 + self.wanting)))

    def leave_us(self, working: int, idle: int) -> int:
        """How many of our `working` connections to keep: those in use, and no more than our share
        while another has none or much fewer."""
        if not self.wanting or working <= 1:
            return working
        keep = working - idle
        share = self.share(working)
        if self.without:
            keep = min(keep, share, working - 1)
        elif working > share + 1:  # by one more they would go back and forth
            keep = min(keep, share)
        return max(1, keep)


NOBODY: Final = Others()


class Neighbours:
    """Reads the rows of the others, for the sending thread; keeps what our own row says."""

    def __init__(self, store: Store, server: str) -> None:
        """`server`: what all mailers of one SMTP server call it, like `mail.example.org:587`."""
        self._store = store
        self.server = server
        self.sessions = 0
        self.wanting = False
        self.limited = False
        self.changed: Callable[[], None] = lambda: None

    def tell(self, *, sessions: int, wanting: bool, limited: bool) -> None:
        """Our own figures; the others learn them at the next heartbeat, or now if it matters.

        Args:
            sessions: connections that we have.
            wanting: we could use more.
            limited: the server takes fewer than we want.
        """
        news = bool(sessions) != bool(self.sessions) or limited != self.limited
        self.sessions, self.wanting, self.limited = sessions, wanting, limited
        if news:
            self.changed()

    def look(self) -> Others | None:
        """The others now; None if the database does not answer."""
        try:
            return Others(*self._store.others(self.server))
        except DatabaseUnavailableError as error:
            log.warning("neighbours_not_known", error=str(error))
            return None
