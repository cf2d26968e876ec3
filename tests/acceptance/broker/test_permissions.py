"""deploy/rabbitmq/definitions.json: no user may do more than its work; queues are bounded."""

import base64
import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pika.exceptions
import pytest

from dev.services import Services
from postroom.shared.broker import amqp, contract, topology
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from postroom.web.emails.operating.rabbitmq_state import read_depth
from tests.support.acceptance.broker import Broker
from tests.support.acceptance.broker_users import DEFINITIONS, login, renamed
from tests.support.waits import wait_until

NORMAL = topology.QUEUES[Priority.NORMAL]


def publish(exchange: str, key: str) -> Callable[[Any], None]:
    """A message to an exchange."""
    event = contract.EmailRequested(email_id=1, attempt=1)
    body, properties = contract.encode(event, timestamp=0)
    return lambda channel: channel.basic_publish(exchange, key, body, properties)


OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "look": topology.verify,
    "declare ours": topology.declare,
    "declare another queue": lambda c: c.queue_declare("another", durable=True),
    "declare another exchange": lambda c: c.exchange_declare("another", "direct"),
    "bind a lane anew": lambda c: c.queue_bind(NORMAL, topology.EXCHANGE, "email.another"),
    "unbind a lane": lambda c: c.queue_unbind(NORMAL, topology.EXCHANGE, "email.normal"),
    "bind to another exchange": lambda c: c.queue_bind(NORMAL, "amq.topic", "#"),
    "publish to the lanes": publish(topology.EXCHANGE, "email.normal"),
    "publish a dead letter": publish(topology.DEAD_EXCHANGE, topology.DEAD_KEY),
    "publish past the exchange": publish("", NORMAL),
    "publish elsewhere": publish("amq.topic", "any"),
    "consume a lane": lambda c: c.basic_consume(NORMAL, print),
    "take a message": lambda c: c.basic_get(NORMAL),
    "purge a lane": lambda c: c.queue_purge(NORMAL),
    "consume dead letters": lambda c: c.basic_consume(topology.DEAD_QUEUE, print),
    "purge dead letters": lambda c: c.queue_purge(topology.DEAD_QUEUE),
    "delete a lane": lambda c: c.queue_delete(NORMAL),
    "delete the exchange": lambda c: c.exchange_delete(topology.EXCHANGE),
}
FOREIGN = {
    *("declare another queue", "declare another exchange", "bind to another exchange"),
    *("publish past the exchange", "publish elsewhere"),
}
MAY: dict[str, set[str]] = {
    "publisher": {"look", "publish to the lanes"},
    # RabbitMQ has no permission of its own for purging: who may consume may purge.
    "consumer": {"look", "consume a lane", "take a message", "purge a lane"},
    "monitor": {"look"},
    "topology": OPERATIONS.keys() - FOREIGN,
}


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("user", MAY)
def test_user_may_do_its_work_and_nothing_else(broker: Broker, user: str) -> None:
    allowed = set()
    for name, operation in OPERATIONS.items():
        broker.declare()
        if is_allowed(login(broker.url, broker, user), operation):
            allowed.add(name)
    assert allowed == MAY[user]


def is_allowed(url: str, operation: Callable[[Any], Any]) -> bool:
    """Whether the broker does it."""
    connection = amqp.connect(BrokerSettings(url=url), name="acceptance test")
    try:
        channel = connection.channel()
        operation(channel)
        # A publish that is refused closes the channel, and only the next answer tells.
        channel.queue_declare(topology.DEAD_QUEUE, passive=True)
    except (topology.TopologyMismatchError, pika.exceptions.ChannelClosedByBroker) as error:
        assert "ACCESS_REFUSED" in str(error)
        return False
    except pika.exceptions.ChannelWrongStateError:  # closed before we asked: a refused publish
        return False
    finally:
        connection.abort(timeout=5)
    return True


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("user", MAY)
def test_no_user_sees_another_virtual_host(broker: Broker, services: Services, user: str) -> None:
    url = login(services.rabbitmq_url, broker, user)
    with pytest.raises(pika.exceptions.AMQPError) as error:
        amqp.connect(BrokerSettings(url=url), name="acceptance test")
    assert "refused" in amqp.describe(error.value)


MONITOR_IS_REFUSED: list[tuple[str, str, Any]] = [
    ("PUT", "queues/{vhost}/another", {"durable": True}),
    ("DELETE", "queues/{vhost}/{queue}", None),
    ("DELETE", "queues/{vhost}/{queue}/contents", None),
    (
        "POST",
        "queues/{vhost}/{queue}/get",
        {"count": 1, "ackmode": "ack_requeue_true"} | {"encoding": "auto"},
    ),
    ("PUT", "policies/{vhost}/mine", {"pattern": ".*", "definition": {"max-length": 1}}),
    ("PUT", "users/mine", {"password": "mine", "tags": "administrator"}),
    (
        "PUT",
        "permissions/{vhost}/{vhost}_monitor",
        {"configure": ".*", "write": ".*", "read": ".*"},
    ),
    ("DELETE", "vhosts/{vhost}", None),
    ("GET", "definitions", None),
]


@pytest.mark.usefixtures("users")
def test_monitor_sees_figures_and_changes_nothing(broker: Broker, services: Services) -> None:
    broker.declare()
    names = {"vhost": broker.vhost, "queue": NORMAL}
    url = login(services.management_url or "", broker, "monitor")
    wait_until(lambda: figures(broker, topology.DEAD_QUEUE, "messages"))
    assert read_depth(url, BrokerSettings(url=broker.url)) == 0
    for path in ("overview", "nodes", "queues/{vhost}/{queue}", "vhosts/{vhost}/connections"):
        assert ask(url, "GET", path.format(**names)) == 200
    answers = {
        (method, path): ask(url, method, path.format(**names), body)
        for method, path, body in MONITOR_IS_REFUSED
    }
    assert {call: status for call, status in answers.items() if status != 401} == {}


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("user", ["publisher", "consumer", "topology"])
def test_other_users_have_no_business_on_the_management_page(
    broker: Broker, services: Services, user: str
) -> None:
    assert ask(login(services.management_url or "", broker, user), "GET", "overview") == 401


def ask(url: str, method: str, path: str, body: Any = None) -> int:
    """The status a call of the management API is answered with."""
    parts = urlsplit(url)
    basic = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=30)) as connection:
        connection.request(method, f"/api/{path}", content, headers)
        return connection.getresponse().status


def figures(broker: Broker, queue: str, name: str) -> list[Any]:
    """What RabbitMQ tells of a queue; empty until its statistics have it."""
    reported = broker.manage("GET", f"queues/{broker.vhost}/{queue}")
    return [reported[name]] if name in reported else []


# --- policies


@pytest.mark.fault(28)
@pytest.mark.usefixtures("users")
def test_policies_bound_every_queue_and_drop_only_old_dead_letters(broker: Broker) -> None:
    broker.declare()
    queues = [*topology.QUEUES.values(), topology.DEAD_QUEUE]
    found = {name: wait_until(partial(figures, broker, name, "policy")) for name in queues}
    dead = {topology.DEAD_QUEUE: ["postroom dead letters"]}
    assert found == {name: ["postroom lanes"] for name in topology.QUEUES.values()} | dead
    assert DEFINITIONS.count(": 100000,") == 1
    broker.manage("POST", "definitions", renamed(broker, DEFINITIONS.replace(": 100000,", ": 3,")))
    numbers = range(1, 11)
    event = [contract.EmailRequested(email_id=number, attempt=1) for number in numbers]
    with broker._channel() as channel:
        for one in event:
            body, properties = contract.encode(one, timestamp=0)
            channel.basic_publish(topology.DEAD_EXCHANGE, topology.DEAD_KEY, body, properties)
    wait_until(lambda: broker.ready(topology.DEAD_QUEUE) == 3)
    left = broker.take(topology.DEAD_QUEUE)
    assert [properties.message_id for _, properties in left] == [
        f"email-{number}-1" for number in numbers[-3:]
    ]
