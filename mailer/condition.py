"""What a mailer's heartbeat says: its state, what it waits for and why, and since when."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from postroom.mailer.circuit import CircuitState
from postroom.shared.broker import marker
from postroom.shared.status import Priority
from postroom.shared.waits_for import WaitsFor

if TYPE_CHECKING:
    from postroom.mailer.wiring import Parts

SILENCE_SECONDS: Final = 8.0  # an SMTP server that takes longer to let us in is named


@dataclass(frozen=True, slots=True)
class Condition:
    """One state of a mailer; `reasons`, by what it waits for, are whole sentences."""

    state: str
    reasons: Mapping[WaitsFor, str]

    @property
    def waiting_for(self) -> str:
        """As the row has it: words separated by commas, the most important first."""
        return ",".join(self.reasons)

    @property
    def reason(self) -> str:
        """As the row has it: one line for each of `waiting_for`."""
        return "\n".join(" ".join(text.split()) for text in self.reasons.values())


class ConditionWatch:
    """Looks at the parts of a mailer, and remembers since when they are as they are.

    For the thread of heartbeats; it only reads what other threads write.
    """

    def __init__(self, parts: "Parts", stalled: Callable[[], Mapping[str, str]]) -> None:
        self._parts = parts
        self._stalled = stalled
        self._known: str = ""
        self._since = monotonic()

    def now(self) -> Condition:
        """The condition at this moment."""
        found = self._look()
        first = next(iter(found.reasons), found.state)
        if first != self._known:
            self._known, self._since = first, monotonic()
        return found

    @property
    def seconds(self) -> float:
        """How long the mailer has waited for what it waits for most, or has had this state."""
        return monotonic() - self._since

    def _look(self) -> Condition:
        parts = self._parts
        if parts.pipeline.stopping.is_set():
            return Condition("stopping", {})
        reasons = troubles(parts, self._stalled())
        held_up = [waits for waits in reasons if waits not in _AT_WORK]
        if held_up:
            return Condition(f"waiting: {', '.join(held_up)}", reasons)
        if parts.pipeline.sending.pool.standing_by:
            return Condition("standing by", reasons)
        if parts.circuit.untried or not (parts.consumer.consuming or parts.consumer.held):
            return Condition("starting", reasons)
        lanes = parts.pauses.lanes
        if lanes:
            every = len(lanes) == len(Priority)
            return Condition("paused" if every else f"paused: {', '.join(sorted(lanes))}", reasons)
        shared = WaitsFor.INSTALLATION in reasons
        return Condition(marker.STATE if shared else "running", reasons)


_PREFIX: Final = re.compile(r"The server cannot be used \(\w+\): ")
_REFUSED: Final = re.compile(r"cannot connect to (\S+): Connection refused")

# With these a mailer sends all the same.
_AT_WORK: Final = frozenset({WaitsFor.TEMPLATE, WaitsFor.INSTALLATION})


def troubles(parts: "Parts", stalled: Mapping[str, str]) -> dict[WaitsFor, str]:
    """Why mail does not go out as it should, by what is waited for; empty when nothing is wrong."""
    consumer, foreign = parts.consumer, parts.pipeline.claiming.foreign
    found = {
        WaitsFor.DATABASE: parts.readiness.database_error,
        **_of_smtp(parts),
        **_of_broker(consumer.consuming or consumer.held, consumer.resting, consumer.last_error),
        WaitsFor.TEMPLATE: parts.templates.trouble,
        WaitsFor.INSTALLATION: foreign.trouble,
        WaitsFor.THREAD: "; ".join(f"{name}: {what}" for name, what in stalled.items()),
    }
    return {waits: found[waits] for waits in WaitsFor if found.get(waits)}


def _of_broker(consuming: bool, resting: bool, error: str) -> dict[WaitsFor, str]:
    if consuming or not error:
        return {}
    return {WaitsFor.LANE if resting else WaitsFor.RABBITMQ: error}


def _of_smtp(parts: "Parts") -> dict[WaitsFor, str]:
    circuit, pool = parts.circuit, parts.pipeline.sending.pool
    if circuit.failing(monotonic()):
        operator = circuit.configuration and circuit.state is not CircuitState.CLOSED
        if operator:
            return {WaitsFor.SMTP_OPERATOR: circuit.reason}
        return {WaitsFor.SMTP: _in_words(circuit.reason, parts.smtp_server)}
    if pool.waits_since and not pool.working and monotonic() - pool.waits_since > SILENCE_SECONDS:
        return {WaitsFor.SMTP: f"{parts.smtp_server} does not answer"}
    return {}


def _in_words(reason: str, server: str) -> str:
    """The reason as it follows "The mail server cannot be used:"; it names the server."""
    text = _REFUSED.sub(r"\1 refuses connections", _PREFIX.sub("", reason))
    return text if server in text else f"{server}: {text}"
