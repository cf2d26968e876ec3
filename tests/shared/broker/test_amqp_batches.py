"""Messages that pika would write, wake a thread for and deliver one by one."""

import threading
from collections.abc import Iterator
from typing import Any

import pika
import pika.exceptions
import pytest
from pika.adapters.utils import io_services_utils

from postroom.shared.broker import amqp, amqp_batches
from postroom.shared.broker.amqp_batches import Message
from postroom.shared.settings import BrokerSettings
from tests.support.waits import wait_until

MANY = 500


@pytest.fixture
def connection(rabbitmq_url: str) -> Iterator[pika.Connection]:
    made = amqp.connect(BrokerSettings(url=rabbitmq_url), name="test")
    yield made
    made.close()


def opened(connection: pika.Connection) -> tuple[Any, str]:
    """A channel with confirms, and a queue of its own."""
    channel = connection.channel()
    return channel, str(channel.queue_declare("", exclusive=True).method.queue)


def messages(key: str, number: int = MANY) -> list[Message]:
    return [Message(key, b"%d" % n, pika.BasicProperties(message_id=str(n))) for n in range(number)]


def confirmed(channel: Any) -> list[int]:
    """The highest tag of each confirm, as they come."""
    tags: list[int] = []
    channel.confirm_delivery(lambda frame: tags.append(frame.method.delivery_tag))
    return tags


def all_of(channel: Any, queue: str) -> list[bytes]:
    found = []
    while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
        found.append(got[2])
    return found


def count_writes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The octets of each write to a socket from now on."""
    writes: list[int] = []
    real = io_services_utils._AsyncTransportBase._sigint_safe_send

    def send(sock: Any, data: bytes) -> int:
        writes.append(len(data))
        return real(sock, data)

    monkeypatch.setattr(
        io_services_utils._AsyncTransportBase, "_sigint_safe_send", staticmethod(send)
    )
    return writes


def test_many_messages_leave_in_order_and_in_few_writes(
    connection: pika.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, queue = opened(connection)
    tags = confirmed(channel)
    writes = count_writes(monkeypatch)
    amqp_batches.publish(connection, channel, "", messages(queue))
    wait_until(lambda: MANY in tags)
    assert sum(writes) > MANY * 50
    assert len(writes) <= sum(writes) // (64 * 1024) + 2
    assert all_of(channel, queue) == [b"%d" % n for n in range(MANY)]


@pytest.mark.fault(8)
def test_message_for_no_queue_comes_back(connection: pika.Connection) -> None:
    channel, queue = opened(connection)
    tags, returned = confirmed(channel), list[str]()
    channel.add_on_return_callback(lambda _c, _m, properties, _b: returned.append(properties))
    lost = messages("no-such-queue", 1)
    amqp_batches.publish(connection, channel, "", [*messages(queue, 2), *lost])
    wait_until(lambda: 3 in tags and bool(returned))
    assert [properties.message_id for properties in returned] == ["0"]  # type: ignore[attr-defined]
    assert all_of(channel, queue) == [b"0", b"1"]


def test_closed_connection_is_told(connection: pika.Connection) -> None:
    channel, queue = opened(connection)
    connection.close()
    with pytest.raises(pika.exceptions.AMQPError):
        amqp_batches.publish(connection, channel, "", messages(queue, 1))


@pytest.mark.fault(10)
def test_closed_channel_confirms_nothing(connection: pika.Connection) -> None:
    channel, queue = opened(connection)
    tags = confirmed(channel)
    channel.close()
    amqp_batches.publish(connection, channel, "", messages(queue, 1))
    other, queue = opened(connection)
    assert all_of(other, queue) == []  # asked of the I/O thread after it published
    assert tags == []
    assert not channel.is_open


def test_message_that_cannot_be_written_does_not_end_the_connection(
    connection: pika.Connection,
) -> None:
    channel, queue = opened(connection)
    bad = Message(queue, b"bad", pika.BasicProperties(headers={"x": object()}))
    amqp_batches.publish(connection, channel, "", [*messages(queue, 1), bad])
    wait_until(lambda: all_of(channel, queue) == [b"0"])
    assert connection.is_open


def test_pika_without_these_attributes_publishes_as_it_does(
    connection: pika.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Public:
        """What a channel is known to have."""

        def __init__(self, channel: Any) -> None:
            self.basic_publish, self.is_open = channel.basic_publish, True

    channel, queue = opened(connection)
    tags = confirmed(channel)
    amqp_batches.publish(connection, Public(channel), "", messages(queue, 3))
    wait_until(lambda: 3 in tags)
    assert all_of(channel, queue) == [b"0", b"1", b"2"]
    amqp_batches.write_together(object())  # type: ignore[arg-type]
    amqp_batches.deliver_at_once(Public(channel))


def test_deliveries_are_taken_on_the_thread_that_reads_them(connection: pika.Connection) -> None:
    """pika would wake a thread of its own for each: that cost more than taking it."""
    channel, queue = opened(connection)
    amqp_batches.deliver_at_once(channel)
    taken: list[tuple[bytes, str]] = []

    def take(_channel: object, _method: object, _properties: object, body: bytes) -> None:
        taken.append((body, threading.current_thread().name))
        if body == b"7":
            raise LookupError("a callback that fails must not end the connection")

    channel.basic_consume(queue, take, auto_ack=True)
    for number in range(50):
        channel.basic_publish("", queue, b"%d" % number)
    wait_until(lambda: len(taken) == 50)
    assert [body for body, _ in taken] == [b"%d" % number for number in range(50)]
    (thread,) = {name for _, name in taken}
    assert "ioloop" in thread
    assert connection.is_open
