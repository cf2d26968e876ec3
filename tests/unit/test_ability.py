"""A look at the SMTP server that fails by a fault of our own is a failed look, and comes again."""

import threading
from collections.abc import Generator
from time import monotonic
from typing import Any

import pytest

from mailer.ability import Ability
from mailer.circuit import Circuit, CircuitState


class Prober:
    """Cannot even begin."""

    def probe(self) -> Any:
        raise OSError("too many open files")

    def close(self) -> Generator[None]:
        return
        yield


def test_unforeseen_fault_of_a_probe_opens_the_circuit_for_no_longer_than_a_refusal() -> None:
    circuit = Circuit(threshold=1, probe_delay=1, max_probe_delay=20, configuration_delay=300)
    circuit.record_failure(monotonic() - 2, False, "refused")
    nothing: Any = None
    prober: Any = Prober()
    ability = Ability(claims=nothing, circuit=circuit, prober=prober, consumer=nothing)
    with pytest.raises(OSError, match="too many"):
        ability.check(threading.Event())
    assert circuit.state is CircuitState.OPEN
    assert circuit.reason == "too many open files"
    assert circuit.seconds_until_probe(monotonic()) <= 20
