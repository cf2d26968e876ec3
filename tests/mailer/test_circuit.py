"""When a server that is down, refuses us or is being overrun is left alone, and for how long."""

import threading

import pytest

from postroom.mailer.circuit import Circuit, CircuitState, Pace


def broken(configuration: bool = False) -> Circuit:
    circuit = Circuit(threshold=2, probe_delay=5, max_probe_delay=20, configuration_delay=300)
    for _ in range(2):
        circuit.record_failure(0, configuration, "refused")
    return circuit


def test_stays_closed_below_the_threshold_and_a_success_forgets() -> None:
    circuit = Circuit(threshold=3)
    for _ in range(5):
        circuit.record_failure(0, False, "refused")
        circuit.record_failure(0, False, "refused")
        assert circuit.allows(0)
        circuit.record_success(0)
    assert (circuit.state, circuit.reason) == (CircuitState.CLOSED, "")
    assert circuit.seconds_until_probe(0) == 0


def test_opens_at_the_threshold_and_tells_the_reason() -> None:
    circuit = broken()
    assert circuit.state == CircuitState.OPEN
    assert circuit.reason == "refused"
    assert not circuit.allows(4.9)
    assert circuit.seconds_until_probe(1) == 4


def state_of(circuit: Circuit) -> CircuitState:
    """For a type checker, which takes an attribute that it compared for constant."""
    return circuit.state


def test_half_open_lets_one_probe_through() -> None:
    circuit = broken()
    assert circuit.allows(5)
    assert state_of(circuit) == CircuitState.HALF_OPEN
    assert not circuit.allows(5)
    assert 0 < circuit.seconds_until_probe(5) <= 5
    circuit.record_success(6)
    assert circuit.state == CircuitState.CLOSED
    assert circuit.allows(6)


def test_failed_probes_double_the_wait_up_to_the_limit() -> None:
    circuit, now, waits = broken(), 0.0, []
    for _ in range(4):
        wait = circuit.seconds_until_probe(now)
        waits.append(wait)
        now += wait
        assert circuit.allows(now)
        circuit.record_failure(now, False, "refused")
    assert waits == [5, 10, 20, 20]
    assert circuit.allows(now + 20)
    circuit.record_success(now + 20)
    for _ in range(2):
        circuit.record_failure(now + 20, False, "refused")
    assert circuit.seconds_until_probe(now + 20) == 5


def test_configuration_failure_opens_at_once_for_long() -> None:
    circuit = Circuit()
    circuit.record_failure(0, True, "535 wrong password")
    assert circuit.configuration
    for now in (0, 300, 600):
        assert circuit.seconds_until_probe(now) == 300
        assert not circuit.allows(now + 299)
        assert circuit.allows(now + 300)
        circuit.record_failure(now + 300, True, "535 wrong password")


def test_old_session_does_not_send_others_into_a_refused_login() -> None:
    circuit = Circuit()
    circuit.record_failure(0, True, "535")
    circuit.record_success(1)
    assert circuit.state == CircuitState.OPEN
    assert circuit.allows(300)
    circuit.record_success(301)
    assert (circuit.state, circuit.configuration) == (CircuitState.CLOSED, False)


def test_late_failures_of_other_senders_do_not_lengthen_the_wait() -> None:
    circuit = broken()
    for _ in range(10):
        circuit.record_failure(1, False, "refused")
    assert circuit.seconds_until_probe(1) == 4
    circuit.record_failure(1, True, "535")
    assert circuit.seconds_until_probe(1) == 300


def test_late_success_closes_an_ordinary_circuit() -> None:
    circuit = broken()
    circuit.record_success(1)
    assert circuit.state == CircuitState.CLOSED


def test_probe_that_never_reported_is_replaced() -> None:
    circuit = Circuit(threshold=1, probe_delay=5, probe_patience=60)
    circuit.record_failure(0, False, "refused")
    assert circuit.allows(5)
    assert not circuit.allows(64)
    assert circuit.allows(65)


def test_many_threads_get_one_probe() -> None:
    circuit = broken()
    barrier = threading.Barrier(8)
    allowed: list[bool] = []

    def ask() -> None:
        barrier.wait()
        allowed.append(circuit.allows(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 1


def test_pace_is_free_until_asked_to_slow_down() -> None:
    pace = Pace()
    assert [pace.pause_seconds(0) for _ in range(3)] == [0, 0, 0]
    pace.record_success(0)
    assert pace.interval == 0


def test_slowed_sends_get_places_one_after_another() -> None:
    pace = Pace(first=1)
    pace.record_slow_down(0)
    assert [pace.pause_seconds(0) for _ in range(3)] == [1, 2, 3]
    assert pace.pause_seconds(10) == 0
    assert pace.pause_seconds(10) == 1


def test_answers_under_way_slow_down_once() -> None:
    pace = Pace(first=1)
    for _ in range(8):
        pace.record_slow_down(0)
    assert pace.interval == 1
    pace.record_slow_down(1)
    assert pace.interval == 2


def test_pace_has_a_longest_interval_and_recovers() -> None:
    pace, now = Pace(first=1, longest=10), 0.0
    for _ in range(10):
        now += 100
        pace.record_slow_down(now)
    assert pace.interval == 10
    pace.record_success(now)
    assert pace.interval == pytest.approx(8)
    for _ in range(30):
        pace.record_success(now)
    assert pace.interval == 0


def test_old_complaints_are_forgotten() -> None:
    pace = Pace(first=1, forget_after=900)
    pace.record_slow_down(0)
    assert pace.pause_seconds(901) == 0
    assert pace.interval == 0
