"""Many messages at a time where pika 1.5 takes them one by one.

Each function uses a private attribute of pika. A version of pika without this attribute works too,
one message at a time. See what-speed-costs: pika in batches.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import pika

from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_PORTION: Final = 64 * 1024  # octets in one write: what a TCP connection takes at once


class Message(NamedTuple):
    """One message for `publish`."""

    routing_key: str
    body: bytes
    properties: pika.BasicProperties


def publish(
    connection: pika.Connection, channel: Any, exchange: str, messages: Iterable[Message]
) -> None:
    """Publish all `messages` in order, with the mandatory flag, by one call on the I/O thread.

    pika alone wakes that thread for each message. Confirms show which messages the broker took; a
    closed channel sends none.

    Raises:
        pika.exceptions.AMQPError: the connection is closed.
    """
    inner = getattr(channel, "_channel", None)
    if inner is None:
        for message in messages:
            channel.basic_publish(exchange, *message, mandatory=True)
        return

    def publish_all() -> None:
        try:
            for message in messages:
                inner.basic_publish(exchange, *message, mandatory=True)
        except Exception:  # no confirm will come for it and the others
            log.exception("publish_failed")

    connection.add_callback_threadsafe(publish_all)


def write_together(connection: pika.Connection) -> None:
    """Write all frames that wait for the socket at once.

    pika writes each frame alone, three per message, so both sides handle three packets.
    """
    transport: Any = getattr(getattr(connection, "_connection", None), "_transport", None)
    produce = getattr(transport, "_produce", None)
    if produce is None or not hasattr(transport, "_tx_buffers"):
        return

    def join_and_produce() -> None:
        frames = transport._tx_buffers
        if len(frames) > 1:
            data = b"".join(frames)
            frames.clear()
            frames.extend(data[i : i + _PORTION] for i in range(0, len(data), _PORTION))
        produce()

    transport._produce = join_and_produce


def deliver_at_once(channel: Any) -> None:
    """Run callbacks of `channel` on the I/O thread itself; they must only note the delivery.

    pika alone wakes a thread of its own for each delivery.
    """
    if (pool := getattr(channel, "_consumer_work_pool", None)) is not None:
        pool.submit = _at_once


def _at_once(callback: Callable[..., object], *arguments: object) -> None:
    callback(*arguments)
