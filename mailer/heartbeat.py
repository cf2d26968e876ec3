"""Renews the leases of a mailer and its heartbeat row."""

import threading
from collections.abc import Callable
from time import monotonic

from postroom.mailer.condition import Condition
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.pauses import Pauses
from postroom.mailer.rows.leases import Leases
from postroom.mailer.rows.store import Store
from postroom.mailer.sessions.neighbours import Neighbours
from postroom.shared.telemetry.logs import logger
from postroom.shared.version import VERSION

log = logger(__name__)

BEAT_SECONDS = 5.0
LOOK_SECONDS = 0.5  # a new condition is written at once
SHARING_SECONDS = 1.0  # a beat while mailers share the connections that the SMTP server takes
SHARED_SECONDS = 0.25  # the same when our part has changed


class HeartbeatSender:
    """`run` is for a thread of its own. `seen`: its last round, in monotonic seconds."""

    def __init__(
        self,
        store: Store,
        leases: Leases,
        pauses: Pauses,
        neighbours: Neighbours,
        *,
        lease_seconds: float,
        condition: Callable[[], tuple[Condition, float]],
        mail_limit: str = "",
    ) -> None:
        """What the heartbeat row shows operators.

        Args:
            condition: gives the condition, and for how many seconds it has been so; cheap.
            mail_limit: what keeps mail from its recipients, as on a staging site; empty: nothing.
        """
        self._store = store
        self._leases = leases
        self._pauses = pauses
        self._neighbours = neighbours
        self._condition = condition
        self._mail_limit = mail_limit
        self._written: Condition | None = None
        self._every = min(lease_seconds / 3, BEAT_SECONDS)
        self._next_renewal = 0.0
        self._next_beat = 0.0
        self._told = (0, False)  # connections, and whether more are wanted
        self._told_at = 0.0
        self._ended = False
        self._wake = threading.Event()
        self.seen = monotonic()

    def run(self) -> None:
        """Renew leases in time, and the row every few seconds, until `end`."""
        while True:
            self.seen = monotonic()
            try:
                if monotonic() >= self._next_renewal:
                    self._next_renewal = monotonic() + self._every
                    self._leases.renew(self._store)
                condition, seconds = self._condition()
                if self._due() or condition != self._written:
                    self._beat(condition, seconds)
            except DatabaseUnavailableError as error:
                log.warning("heartbeat_failed", error=str(error))
            except Exception:
                log.exception("heartbeat_raised")
            look = SHARED_SECONDS if self._neighbours.limited else LOOK_SECONDS
            self._wake.wait(min(self._every, look))
            self._wake.clear()
            if self._ended:
                return

    def soon(self) -> None:
        """The others must learn from the row now; safe from any thread."""
        self._next_beat = 0.0
        self._wake.set()

    def end(self) -> None:
        """Nothing is in hand any more; `run` returns soon."""
        self._ended = True
        self._wake.set()

    def say_goodbye(self) -> None:
        """Delete the heartbeat row; after `run` has returned."""
        try:
            self._store.forget_mailer()
        except DatabaseUnavailableError as error:
            log.warning("goodbye_failed", error=str(error))

    def _due(self) -> bool:
        """Whether it is time, or our part of shared connections has changed."""
        now, ours = monotonic(), self._neighbours
        changed = ours.limited and (ours.sessions, ours.wanting) != self._told
        return now >= self._next_beat or (changed and now >= self._told_at + SHARED_SECONDS)

    def _beat(self, condition: Condition, seconds: float) -> None:
        ours = self._neighbours
        # Before it is written: a database that is away must not be asked twice a second.
        self._written = condition
        self._told, self._told_at = (ours.sessions, ours.wanting), monotonic()
        self._next_beat = self._told_at + (SHARING_SECONDS if ours.limited else BEAT_SECONDS)
        paused = self._store.beat(
            version=VERSION,
            state=condition.state,
            waiting_for=condition.waiting_for,
            reason=condition.reason,
            for_seconds=seconds,
            mail_limit=self._mail_limit,
            in_flight=len(self._leases),
            server=ours.server,
            sessions=self._told[0],
            wanting=self._told[1],
        )
        self._pauses.update(paused)
