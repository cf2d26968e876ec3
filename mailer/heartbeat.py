"""Renews the leases of a mailer and its heartbeat row."""

import threading
from collections.abc import Callable
from time import monotonic

from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.pauses import Pauses
from postroom.mailer.rows.leases import Leases
from postroom.mailer.rows.store import Store
from postroom.shared.telemetry.logs import logger
from postroom.shared.version import VERSION

log = logger(__name__)

BEAT_SECONDS = 5.0


class HeartbeatSender:
    """`run` is for a thread of its own. `seen`: its last round, in monotonic seconds."""

    def __init__(
        self,
        store: Store,
        leases: Leases,
        pauses: Pauses,
        *,
        lease_seconds: float,
        state: Callable[[], str],
    ) -> None:
        """`state` gives what the heartbeat row shows operators, in at most 20 characters."""
        self._store = store
        self._leases = leases
        self._pauses = pauses
        self._state = state
        self._every = min(lease_seconds / 3, BEAT_SECONDS)
        self._stop = threading.Event()
        self.seen = monotonic()

    def run(self) -> None:
        """Renew leases in time, and the row every few seconds, until `end`."""
        next_beat = 0.0
        while True:
            self.seen = monotonic()
            try:
                self._leases.renew(self._store)
                if monotonic() >= next_beat:
                    next_beat = monotonic() + BEAT_SECONDS
                    self._beat()
            except DatabaseUnavailableError as error:
                log.warning("heartbeat_failed", error=str(error))
            except Exception:
                log.exception("heartbeat_raised")
            if self._stop.wait(self._every):
                return

    def end(self) -> None:
        """Nothing is in hand any more; `run` returns soon."""
        self._stop.set()

    def say_goodbye(self) -> None:
        """Delete the heartbeat row; after `run` has returned."""
        try:
            self._store.forget_mailer()
        except DatabaseUnavailableError as error:
            log.warning("goodbye_failed", error=str(error))

    def _beat(self) -> None:
        paused = self._store.beat(version=VERSION, state=self._state(), in_flight=len(self._leases))
        self._pauses.update(paused)
