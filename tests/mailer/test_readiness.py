"""A look at the SMTP server: it comes when it is due, and not before."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.readiness import Readiness

NOTHING: Any = None


def readiness_of(circuit: Circuit, probe: Callable[[Callable[[], None]], None]) -> Readiness:
    return Readiness(
        claims=NOTHING, circuit=circuit, probe=probe, consumer=NOTHING, alive=lambda: None
    )


def stopping() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_mailer_that_starts_claims_nothing_before_its_first_probe() -> None:
    circuit = Circuit(probe_delay=1, untried=True)
    probes: list[float] = []

    def refused(alive: Callable[[], None]) -> None:
        probes.append(monotonic())
        circuit.record_failure(monotonic(), False, "no greeting in time")

    readiness = readiness_of(circuit, refused)
    assert not readiness.check(stopping())
    assert not readiness.check(stopping())
    assert len(probes) == 1, "the second is due later"
    assert circuit.reason == "no greeting in time"


def test_probe_that_works_lets_the_same_look_claim() -> None:
    circuit = Circuit(probe_delay=1, untried=True)
    readiness = readiness_of(circuit, lambda _: circuit.record_success(monotonic()))
    assert readiness.check(threading.Event())
    assert circuit.state is CircuitState.CLOSED
