"""A part of what Postroom declared in RabbitMQ is gone: e-mails wait, and it is declared again."""

from collections.abc import Iterator

import pika
import pytest

from dev.services import Services
from postroom.shared.broker import topology
from postroom.shared.status import Priority
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.system import System

NORMAL = topology.QUEUES[Priority.NORMAL]
BINDING = (
    f"e/{topology.EXCHANGE}/q/{NORMAL}/{topology.ROUTING_KEYS[Priority.NORMAL]}"  # of the HTTP API
)


def working(system: System) -> list[int]:
    """Relay and mailer that have sent an e-mail, so that both are connected."""
    system.start_relay()
    system.start_mailer()
    ids = system.queue(1)
    system.wait_until_settled()
    return ids


@pytest.mark.fault(8)
def test_message_for_which_no_binding_is_left_is_published_again(system: System) -> None:
    ids = working(system)
    system.broker.manage("DELETE", f"bindings/{system.broker.vhost}/{BINDING}")
    ids += system.queue(20)
    system.programs[0].wait_for_log("lane_unavailable")
    system.wait_until_settled()
    each_once(system, ids)


@pytest.mark.fault(10)
def test_exchange_that_is_gone_is_declared_again(system: System) -> None:
    ids = working(system)
    exchange = f"exchanges/{system.broker.vhost}/{topology.EXCHANGE}"
    system.broker.manage("DELETE", exchange)
    ids += system.queue(20)
    system.wait_until_settled()
    each_once(system, ids)
    system.broker.manage("GET", exchange)


@pytest.mark.alone
@pytest.mark.fault(23)
def test_without_the_dead_letter_exchange_rejected_messages_are_kept_and_mail_is_sent(
    system: System, impatient_dead_letters: None
) -> None:
    ids = working(system)
    system.broker.manage("DELETE", f"exchanges/{system.broker.vhost}/{topology.DEAD_EXCHANGE}")
    junk = (b"{", pika.BasicProperties(type="email.requested.v1", delivery_mode=2))
    system.broker.publish_raw([junk] * 3)
    system.programs[1].wait_for_log("message_not_understood", times=3)
    ids += system.queue(20)
    system.wait_until_settled()
    each_once(system, ids)
    assert system.broker.ready(topology.DEAD_QUEUE) == 0
    system.broker.declare()
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == 3)


@pytest.fixture
def impatient_dead_letters(services: Services) -> Iterator[None]:
    """New queues try to dead-letter again after two seconds instead of three minutes."""
    setting = "rabbit, dead_letter_worker_publisher_confirm_timeout"
    services.rabbitmq.ctl("eval", f"application:set_env({setting}, 2000).")
    yield
    services.rabbitmq.ctl("eval", f"application:unset_env({setting}).")
