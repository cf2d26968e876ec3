"""A network that swallows everything and closes nothing: time limits of our own end the wait."""

import pytest

from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.freezing_server import (
    FROZEN_AFTER_DATA,
    FROZEN_AFTER_DOT,
    FreezingServer,
    freeze,
)
from tests.support.acceptance.mailer_probes import changed
from tests.support.acceptance.system import System
from tests.support.wire import Wire

# Long enough for all senders to meet at the freeze on a slow machine.
LIMITS = {"EMAIL_TIMEOUT": 12, "EMAIL_FINAL_TIMEOUT": 12, "MAILER_PREFETCH": 50}
IMPATIENT = {"RABBITMQ_HEARTBEAT_SECONDS": 1}


@pytest.mark.fault(56, 67)
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_answers_to_the_final_dot_lost_on_the_way(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    with Wire(smtp.port) as wire:
        mailer = system.start_mailer(EMAIL_PORT=wire.port, **LIMITS)
        ids = system.queue(200, on_unknown=on_unknown)
        in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)
        wire.cut()
        smtp.release()
        mailer.wait_for_log("smtp_unavailable")
        wire.restore()
        system.wait_until_settled()
    system.assert_contract(ids)
    if on_unknown == OnUnknown.HOLD:
        assert system.ids_in(Status.UNKNOWN) == in_flight
        assert system.repeated() == set()
    else:
        assert system.statuses() == {Status.COMPLETED: 200}
        assert system.repeated() == system.ids_flagged() == in_flight
    assert mailer.running


@pytest.mark.fault(56)
def test_mail_without_its_final_dot_is_sent_once_when_the_network_is_back(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    with Wire(smtp.port) as wire:
        mailer = system.start_mailer(EMAIL_PORT=wire.port, **LIMITS)
        ids = system.queue(200, on_unknown="hold")
        freeze(system, smtp, FROZEN_AFTER_DATA)
        wire.cut()
        smtp.release()
        mailer.wait_for_log("smtp_probe_failed")
        wire.restore()
        system.wait_until_settled()
    system.assert_contract(ids)
    assert system.statuses() == {Status.COMPLETED: 200}
    assert set(system.copies().values()) == {1}
    # What the network does is no e-mail's fault.
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    assert mailer.running


@pytest.mark.fault(54)
def test_mailer_cut_off_from_the_broker_records_what_it_has_and_comes_back(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    with Wire(broker_port(system)) as wire:
        through = changed(system.broker.url, port=wire.port)
        mailer = system.start_mailer(RABBITMQ_URL=through, MAILER_PREFETCH=32, **IMPATIENT)
        ids = system.queue(200, on_unknown="hold")
        freeze(system, smtp, FROZEN_AFTER_DOT)
        wire.cut()
        smtp.release()
        mailer.wait_for_log("broker_unavailable")
        assert system.statuses()[Status.PENDING], "nothing was left to do: not the middle"
        wire.restore()
        assert_each_arrives_once(system, ids)
    assert mailer.running


@pytest.mark.fault(54)
def test_relay_cut_off_from_the_broker_publishes_again_what_was_not_confirmed(
    system: System,
) -> None:
    with Wire(broker_port(system)) as wire:
        through = changed(system.broker.url, port=wire.port)
        relay = system.start_relay(RABBITMQ_URL=through, **IMPATIENT)
        system.start_mailer()
        ids = system.queue(100, on_unknown="hold")
        system.wait_for_mail(20)
        wire.cut()
        ids += system.queue(100, on_unknown="hold")
        relay.wait_for_log("broker_unavailable")
        wire.restore()
        assert_each_arrives_once(system, ids)
    assert relay.running


def broker_port(system: System) -> int:
    """Where the broker listens."""
    return int(system.broker.url.rpartition("@")[2].partition("/")[0].partition(":")[2])


def assert_each_arrives_once(system: System, ids: list[int]) -> None:
    """All of it, and nothing is left in the broker."""
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: len(ids)}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
    system.wait_until_queues_are_empty()
