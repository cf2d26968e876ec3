"""A look at the SMTP server: one that fails by a fault of our own comes again, and one that takes
long is not taken for a stuck thread."""

import os
import threading
from collections.abc import Generator
from time import monotonic
from typing import Any

import pytest

from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.coroutines import READ, Steps, Wait
from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Phase
from postroom.mailer.readiness import Readiness
from postroom.mailer.smtp.reply import NO_REPLY


class Prober:
    """Cannot even begin."""

    def probe(self) -> Any:
        raise OSError("too many open files")

    def close(self) -> Generator[None]:
        return
        yield


class Slow(Prober):
    """Waits for a server that does not answer."""

    def probe(self) -> Steps[None]:
        read, write = os.pipe()
        try:
            yield Wait(read, READ, monotonic() + 0.01)
        finally:
            os.close(read)
            os.close(write)
        raise SmtpUnavailableError(Phase.CONNECT, NO_REPLY, "no greeting in time")


def test_probe_that_waits_shows_signs_of_life() -> None:
    seen: list[float] = []
    circuit = Circuit(probe_delay=1, untried=True)
    nothing: Any = None
    readiness = Readiness(
        claims=nothing,
        circuit=circuit,
        prober=Slow(),  # type: ignore[arg-type]
        consumer=nothing,
        alive=lambda: seen.append(monotonic()),
    )
    stopping = threading.Event()
    stopping.set()
    assert not readiness.check(stopping)
    assert seen
    assert circuit.reason == "no greeting in time"


def test_unforeseen_fault_of_a_probe_opens_the_circuit_for_no_longer_than_a_refusal() -> None:
    circuit = Circuit(threshold=1, probe_delay=1, max_probe_delay=20, configuration_delay=300)
    circuit.record_failure(monotonic() - 2, False, "refused")
    nothing: Any = None
    prober: Any = Prober()
    readiness = Readiness(claims=nothing, circuit=circuit, prober=prober, consumer=nothing)
    with pytest.raises(OSError, match="too many"):
        readiness.check(threading.Event())
    assert circuit.state is CircuitState.OPEN
    assert circuit.reason == "too many open files"
    assert circuit.seconds_until_probe(monotonic()) <= 20
