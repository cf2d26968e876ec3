"""Keeps the mailer from hammering a server that is down, refuses us or is overloaded.

Time is an argument everywhere: seconds of a monotonic clock.
"""

import threading
from enum import StrEnum
from typing import Final

_REPORTED: Final = 2  # failures in a row
_REPORTED_SECONDS: Final = 60.0


class CircuitState(StrEnum):
    """CLOSED: send. OPEN: wait. HALF_OPEN: one probe is in progress and all others wait."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit:
    """Opens on repeated connection-level failures, and closes again on a successful probe.

    Safe from any thread. Attempts are not used up while it is open, because nothing is claimed.
    """

    def __init__(
        self,
        *,
        threshold: int = 5,
        probe_delay: float = 5.0,
        max_probe_delay: float = 300.0,
        configuration_delay: float = 300.0,
        probe_patience: float = 900.0,
        untried: bool = False,
    ) -> None:
        """Times in seconds.

        Args:
            threshold: connection-level failures in a row that open the circuit.
            probe_delay: wait before the first probe; doubles with each failed one.
            max_probe_delay: longest such wait.
            configuration_delay: wait when only an operator can fix it: too many wrong logins lock
                an account.
            probe_patience: after this, a probe without a result counts as lost.
            untried: begin open, with a probe due at once. Otherwise every session of a mailer that
                starts with a wrong password would try to log in.
        """
        self._threshold = threshold
        self._first_delay = probe_delay
        self._max_delay = max_probe_delay
        self._configuration_delay = configuration_delay
        self._patience = probe_patience
        self._lock = threading.Lock()
        self._state = CircuitState.OPEN if untried else CircuitState.CLOSED
        self._failures = 0
        self._delay = probe_delay
        self._next = 0.0  # when the next probe may start
        self._configuration = False
        self._failed_at = 0.0
        self._untried = untried
        self._reason = "not tried yet" if untried else ""

    @property
    def state(self) -> CircuitState:
        """The state now."""
        return self._state

    @property
    def reason(self) -> str:
        """The last failure as text; empty while there is none."""
        return self._reason

    @property
    def configuration(self) -> bool:
        """Whether an operator must fix something: alert."""
        return self._configuration

    @property
    def untried(self) -> bool:
        """Whether the first probe of all has no result yet."""
        return self._untried

    def failing(self, now: float) -> bool:
        """Whether operators should hear of `reason`: open, or about to be.

        With little mail it takes a while until so many failures have opened it. Two in a row are
        reported, for a minute: one may be a connection that was lost by chance.
        """
        if self._state is not CircuitState.CLOSED:
            return not self._untried
        return self._failures >= _REPORTED and now - self._failed_at < _REPORTED_SECONDS

    def allows(self, now: float) -> bool:
        """Whether the caller may send. When half-open, True makes the caller the one probe."""
        with self._lock:
            if self._state == CircuitState.CLOSED:
                return True
            if now < self._next:
                return False
            self._state = CircuitState.HALF_OPEN
            self._next = now + self._patience
            return True

    def seconds_until_probe(self, now: float) -> float:
        """Seconds to wait before calling `allows` again; 0 when closed."""
        with self._lock:
            if self._state == CircuitState.CLOSED:
                return 0.0
            left = max(0.0, self._next - now)
            # The probe in progress may end at any moment.
            return min(left, self._first_delay) if self._state == CircuitState.HALF_OPEN else left

    def record_success(self, now: float) -> None:
        """The server answered: close.

        A session opened before a configuration failure may still work while new logins are
        refused. It must not cause another refused login, so then only a probe closes.
        """
        if self._state is CircuitState.CLOSED and not self._failures:
            return  # the usual case takes no lock
        with self._lock:
            if self._state == CircuitState.OPEN and self._configuration:
                return
            self._state = CircuitState.CLOSED
            self._untried = False
            self._failures = 0
            self._delay = self._first_delay
            self._configuration = False
            self._reason = ""

    def record_failure(self, now: float, configuration: bool, error: str) -> None:
        """The connection failed; `configuration` when only an operator can fix it."""
        with self._lock:
            self._untried = False
            self._failures += 1
            self._failed_at = now
            self._reason = error
            if self._state == CircuitState.HALF_OPEN:
                self._delay = min(self._delay * 2, self._max_delay)
                self._open(now, configuration)
            elif self._state == CircuitState.OPEN:
                # A session in progress when it opened: only a worse cause counts.
                if configuration and not self._configuration:
                    self._open(now, configuration)
            elif configuration or self._failures >= self._threshold:
                self._open(now, configuration)

    def _open(self, now: float, configuration: bool) -> None:
        self._state = CircuitState.OPEN
        self._configuration = configuration
        self._next = now + (self._configuration_delay if configuration else self._delay)


class Pace:
    """Spreads sends when the server says "too fast"; else no limit. Safe from any thread.

    A slow-down answer doubles the interval between sends, a success shortens it by a fifth, and a
    quarter of an hour without complaint forgets it.
    """

    def __init__(
        self, *, first: float = 0.5, longest: float = 60.0, forget_after: float = 900.0
    ) -> None:
        """Seconds: interval after the first slow-down, longest interval, time to forget it."""
        self._first = first
        self._longest = longest
        self._forget_after = forget_after
        self._lock = threading.Lock()
        self._interval = 0.0
        self._slowed_at = 0.0
        self._slot = 0.0

    @property
    def interval(self) -> float:
        """Seconds between two sends now; 0 when there is no limit."""
        return self._interval

    def pause_seconds(self, now: float) -> float:
        """Seconds the caller waits before its send. Reserves the slot, so call it once per send."""
        if not self._interval:  # the usual case takes no lock
            return 0.0
        with self._lock:
            if now - self._slowed_at > self._forget_after:
                self._interval = 0.0
                return 0.0
            start = max(now, self._slot)
            self._slot = start + self._interval
            return start - now

    def record_slow_down(self, now: float) -> None:
        """The server asked us to slow down. Answers to sends already in progress count once."""
        with self._lock:
            if self._interval and now - self._slowed_at < self._interval:
                return
            self._interval = min(max(self._interval * 2, self._first), self._longest)
            self._slowed_at = now
            self._slot = now + self._interval

    def record_success(self, now: float) -> None:
        """An e-mail was accepted: a little faster again."""
        if not self._interval:
            return
        with self._lock:
            self._interval *= 0.8
            if self._interval < self._first / 10:
                self._interval = 0.0
