"""A publisher may put anything into a message: mail goes on; each ends as a dead letter."""

import random
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pika
import pytest

from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from tests.acceptance.conftest import broker, fresh_database, system, template
from tests.support.acceptance.system import System

__all__ = ["broker", "fresh_database", "system", "template"]  # fixtures

TYPE = "email.requested.v1"
GOOD = b'{"email_id":1,"attempt":1}'
PREFETCH = 50


class Raw(pika.BasicProperties):
    """Properties as these octets."""

    def __init__(self, octets: bytes) -> None:
        super().__init__()
        self._octets = octets

    def encode(self) -> list[bytes]:
        return [self._octets]


def nested(levels: int, name: bytes = b"x") -> bytes:
    """The properties of a message with a header of arrays in arrays."""
    value = b"V"
    for _ in range(levels):
        value = b"A" + struct.pack(">I", len(value)) + value
    table = bytes([len(name)]) + name + value
    flags = struct.pack(">H", pika.BasicProperties.FLAG_HEADERS | pika.BasicProperties.FLAG_TYPE)
    return flags + struct.pack(">I", len(table)) + table + bytes([len(TYPE)]) + TYPE.encode()


def with_header(name: str | bytes, value: Any) -> pika.BasicProperties:
    return pika.BasicProperties(type=TYPE, headers={name: value})


Message = tuple[bytes, pika.BasicProperties]
# RabbitMQ counts from zero in this header when it delivers again; a text it leaves alone.
HOLDS_THE_PREFETCH: dict[str, Message] = {
    "type that is not UTF-8": (GOOD, pika.BasicProperties(type=b"\xff\xfe\xfd")),
    "delivery count as text": (GOOD, with_header("x-delivery-count", "many")),
    "delivery count as a table": (GOOD, with_header("x-delivery-count", {"a": [1, 2.5]})),
    "nested too deep": (GOOD, Raw(nested(1500))),
}
ODD: dict[str, Message] = {
    "installation as a number": (GOOD, with_header("installation", 5)),
    "installation not UTF-8": (GOOD, with_header("installation", b"\xff")),
    "no properties": (GOOD, pika.BasicProperties()),
    "message id not UTF-8": (b"{", pika.BasicProperties(type=TYPE, message_id=b"\xff\xfe")),
    "huge headers": (b"{", with_header("x" * 100, "y" * 100_000)),
    "header name not UTF-8": (b"", pika.BasicProperties(type=TYPE, headers={b"\xff": 1})),
    # RabbitMQ 3.10 fails when it dead-letters these: all quorum queues of the node would be gone.
    "deaths that are none": (GOOD, with_header("x-death", True)),
    "a death that is none": (GOOD, with_header("x-death", [True, {"queue": 5}])),
    "deaths nested too deep": (GOOD, Raw(nested(1500, b"x-death"))),
    "large body": (GOOD + b" " * 3_000_000, pika.BasicProperties(type=TYPE)),
}


@pytest.mark.parametrize("name", HOLDS_THE_PREFETCH)
def test_more_poison_than_the_prefetch_holds_up_nothing(system: System, name: str) -> None:
    system.start_relay()
    mailer = system.start_mailer(MAILER_PREFETCH=PREFETCH)
    mailer.wait_for_log("broker_connected")
    system.broker.publish_raw([HOLDS_THE_PREFETCH[name]] * (2 * PREFETCH))
    ids = system.queue(10)
    system.wait_until_settled()
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == 2 * PREFETCH)
    assert system.statuses() == {Status.COMPLETED: 10}
    assert len(mailer.logged("message_not_understood")) == 2 * PREFETCH
    assert len(mailer.logged("broker_connected")) == 1, "no connection ended by it"
    system.assert_contract(ids)


def random_fields(chance: random.Random, depth: int = 0) -> Any:
    """A value of any type that AMQP has."""
    simple: list[Any] = [
        None, True, chance.randrange(-(2**63), 2**63), chance.random() * 1e300,
        chance.randbytes(chance.randrange(40)), "text", "\U0001f40d",
    ]  # fmt: skip
    if depth < 4 and chance.random() < 0.4:
        inner = [random_fields(chance, depth + 1) for _ in range(chance.randrange(4))]
        return inner if chance.random() < 0.5 else {f"k{n}": one for n, one in enumerate(inner)}
    return chance.choice(simple)


def random_messages(count: int) -> Iterator[Message]:
    """The same each time."""
    chance = random.Random(20260101)
    names = ["x-delivery-count", "traceparent", "installation", "alone", "x-death", "any"]
    texts = [None, TYPE, "email.requested.v2", b"\xff", chance.randbytes(200)]
    for _ in range(count):
        headers = {chance.choice(names): random_fields(chance) for _ in range(3)}
        body = bytearray(GOOD)
        body[chance.randrange(1, len(body) - 1)] = chance.choice(b"\x00\xff}{")
        yield (
            bytes(body),
            pika.BasicProperties(
                type=chance.choice(texts),
                headers=chance.choice([None, headers]),
                message_id=chance.choice(texts),
                content_type=chance.choice(texts),
                timestamp=chance.choice([None, 0, 2**63]),
            ),
        )


def test_odd_and_random_messages_end_in_the_dead_queue_and_the_mailer_lives_on(
    system: System,
) -> None:
    system.start_relay()
    mailer = system.start_mailer(MAILER_PREFETCH=PREFETCH)
    mailer.wait_for_log("broker_connected")
    messages = [*ODD.values(), *random_messages(150)]
    for lane in Priority:
        system.broker.publish_raw(messages, lane)
    ids = system.queue(10)
    system.wait_until_settled()
    total = len(messages) * len(Priority)
    system.wait(lambda: len(mailer.logged("message_not_understood")) >= total)
    fates = Counter(line["fate"] for line in mailer.logged("message_not_understood"))
    assert fates.total() == total, (fates, mailer.logged("lane_unavailable"))
    assert fates["dropped"] >= 3 * len(Priority)
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == fates["dead letter"])
    assert system.statuses() == {Status.COMPLETED: 10}
    assert len(mailer.logged("broker_connected")) == 1
    assert not mailer.logged("broker_callback_failed")
    system.assert_contract(ids)
