"""Readiness: is the database reachable, does the SMTP server accept mail?"""

import threading
from collections.abc import Callable
from time import monotonic

from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.store import Store
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

HOLD_AFTER_SECONDS = 60.0  # unable to work for so long: give the messages back to the broker
PAUSE_SECONDS = 0.5


class Readiness:
    """Checked before every claim, on the claiming thread; probes what failed until it works."""

    def __init__(
        self,
        *,
        claims: Store,
        circuit: Circuit,
        probe: Callable[[Callable[[], None]], None],
        consumer: Consumer,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """`probe` finds out whether the SMTP server can be used, calling its argument while that
        takes long; the circuit learns the result. `alive` is that argument."""
        self.database_error = ""
        self._alive = alive
        self._claims = claims
        self._circuit = circuit
        self._probe = probe
        self._consumer = consumer
        self._unable_since: float | None = None

    def check(self, stopping: threading.Event) -> bool:
        """Whether claiming makes sense now; if not, waits half a second.

        After a minute without, the messages in hand go back to RabbitMQ: a waiting mailer must not
        keep them from others, nor exceed the broker's time-out for acknowledgements.
        """
        problem = self._database_problem() or self._smtp_problem()
        if not problem:
            if self._unable_since is not None:
                self._unable_since = None
                self._consumer.resume()
            return True
        now = monotonic()
        self._unable_since = self._unable_since or now
        if now - self._unable_since > HOLD_AFTER_SECONDS and not self._consumer.held:
            log.warning("holding", reason=problem)
            self._consumer.hold()
        stopping.wait(PAUSE_SECONDS)
        return False

    def database_away(self, error: DatabaseUnavailableError) -> None:
        """A statement failed; `check` tries until one succeeds."""
        self.database_error = str(error)
        log.warning("database_unavailable", error=str(error))

    @property
    def smtp_usable(self) -> bool:
        """Whether the circuit is closed."""
        return self._circuit.state is CircuitState.CLOSED

    def _database_problem(self) -> str:
        if self.database_error:
            try:
                self._claims.claim([])
            except DatabaseUnavailableError as error:
                self.database_error = str(error)
            else:
                log.info("database_back")
                self.database_error = ""
        return self.database_error

    def _smtp_problem(self) -> str:
        if self.smtp_usable:
            return ""
        if self._circuit.allows(monotonic()):
            self._probe(self._alive)
        return "" if self.smtp_usable else self._circuit.reason
