"""Broker or database away, emptied or changed under us: mail waits, and then goes out once."""

from typing import Any

import pytest

from dev.postgres import Postgres
from dev.services import Services
from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.system import System
from tests.support.waits import wait_until

NORMAL = topology.QUEUES[Priority.NORMAL]
_PUBLISHED = "SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NOT NULL"


@pytest.mark.fault(5, 18)
@pytest.mark.alone
def test_mail_queued_while_the_broker_is_away_goes_out_when_it_is_back(
    system: System, services: Services
) -> None:
    relay, mailer = system.start_relay(), system.start_mailer()
    mailer.wait_for_log("broker_connected")
    services.rabbitmq.stop()
    mailer.wait_for_log("broker_unavailable")
    ids = system.queue(100)
    relay.wait_for_log("broker_unavailable")
    assert system.statuses() == {Status.PENDING: 100}
    assert system.query(_PUBLISHED) == [(0,)]
    services.rabbitmq.start()
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.running
    assert mailer.running


@pytest.mark.fault(20)
@pytest.mark.alone
def test_pending_mail_is_sent_after_the_broker_lost_everything(
    system: System, services: Services
) -> None:
    relay = system.start_relay()
    ids = system.queue(100)
    system.wait(lambda: system.query(_PUBLISHED) == [(100,)])
    services.rabbitmq.wipe()
    ids += system.queue(50)
    services.rabbitmq.start()
    system.broker.create_vhost()
    system.start_mailer()
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.running
    system.wait_until_queues_are_empty()


@pytest.mark.fault(20)
def test_virtual_host_deleted_and_made_again_under_load(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    relay, mailer = system.start_relay(), system.start_mailer()
    ids = system.queue(300)
    freeze(system, smtp, FROZEN_AFTER_DOT)
    system.broker.delete_vhost()
    mailer.wait_for_log("broker_unavailable")
    smtp.release()
    system.broker.create_vhost()
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.running
    assert mailer.running


@pytest.mark.fault(19)
def test_queue_deleted_while_it_is_consumed(system: System, smtp: FreezingServer) -> None:
    system.catcher = smtp
    relay, mailer = system.start_relay(), system.start_mailer()
    ids = system.queue(300)
    freeze(system, smtp, FROZEN_AFTER_DOT)
    system.broker.delete(NORMAL)
    mailer.wait_for_log("consumer_cancelled")
    smtp.release()
    ids += system.queue(50)
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.running
    assert mailer.running


@pytest.mark.fault(20)
def test_queue_deleted_while_nobody_consumes_it(system: System) -> None:
    system.start_relay()
    ids = system.queue(50)
    system.wait(lambda: system.query(_PUBLISHED) == [(50,)])
    system.broker.delete(NORMAL)
    ids += system.queue(50)
    system.start_mailer()
    system.wait_until_settled()
    each_once(system, ids)


@pytest.mark.fault(20)
def test_purged_queue(system: System) -> None:
    relay = system.start_relay()
    ids = system.queue(100)
    system.wait(lambda: system.query(_PUBLISHED) == [(100,)])
    system.broker.purge(NORMAL)
    assert system.broker.all_ready() == {}
    system.start_mailer()
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.logged("lost_made_due", lane="normal", count=100)


@pytest.mark.fault(48)
def test_database_away_for_ten_seconds(
    killable_system: System,
    private_postgres: Postgres,
    smtp: FreezingServer,
) -> None:
    system = killable_system
    system.catcher = smtp
    relay, mailer = system.start_relay(), system.start_mailer(MAILER_PREFETCH=50)
    ids = system.queue(300)
    freeze(system, smtp, FROZEN_AFTER_DOT)
    connection = _connection(system)
    private_postgres.stop()
    smtp.release()

    def heartbeats_came() -> bool:
        # Every result waits, so nothing is acknowledged: only heartbeats can have come (8 bytes).
        return _connection(system)["recv_oct"] >= connection["recv_oct"] + 16

    wait_until(heartbeats_came)
    # One try a second, told before the second: the eleventh comes after ten of them.
    mailer.wait_for_log("record_waits_for_database", times=11)
    private_postgres.start()
    system.wait_until_settled()
    each_once(system, ids)
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    assert relay.running
    assert mailer.running
    assert _connection(system)["name"] == connection["name"]
    assert len(mailer.logged("broker_connected")) == 1
    system.wait_until_queues_are_empty()


def _connection(system: System) -> dict[str, Any]:
    """What RabbitMQ knows of the mailer's connection, once its statistics have it."""

    def listed() -> list[dict[str, Any]]:
        return [one for one in system.broker.connections("mailer") if "recv_oct" in one]

    (connection,) = wait_until(listed)
    return connection
