"""Exchange, queues and bindings of Postroom, and how to declare or verify them.

One durable direct exchange; one quorum queue per lane, so that a password reset overtakes a
newsletter on every RabbitMQ version; rejected messages end in one dead-letter queue. Queues have
only the arguments that Postroom depends on: sizes and ages belong in policies, because an argument
can only be changed by deleting the queue.
"""

from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple, Protocol

import pika.exceptions

from postroom.shared.errors import TopologyMismatchError as TopologyMismatchError
from postroom.shared.status import Priority

EXCHANGE: Final = "email_notifications"
DEAD_EXCHANGE: Final = "email_notifications.dlx"
DEAD_QUEUE: Final = "email_notifications.dead"
DEAD_KEY: Final = "dead"

QUEUES: Final[dict[Priority, str]] = {
    Priority.HIGH: "email_notifications.high",
    Priority.NORMAL: "email_notifications",
    Priority.BULK: "email_notifications.bulk",
}
ALL_QUEUES: Final = (DEAD_QUEUE, *QUEUES.values())
ROUTING_KEYS: Final[dict[Priority, str]] = {lane: f"email.{lane.value}" for lane in Priority}

# 20 is explicit on purpose: the default is unlimited on RabbitMQ 3.10 and 20 on 4.x, and -1 loses
# messages on 3.10.8.
LANE_ARGUMENTS: Final[dict[str, Any]] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 20,
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": DEAD_EXCHANGE,
    "x-dead-letter-routing-key": DEAD_KEY,
    "x-dead-letter-strategy": "at-least-once",
}
# Operators look at dead letters often; by default RabbitMQ 4.x drops one after 20 looks.
DEAD_ARGUMENTS: Final[dict[str, Any]] = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}


class DeclaringChannel(Protocol):
    """The part of a channel that declaring needs."""

    def exchange_declare(self, exchange: str, *args: Any, **kwargs: Any) -> Any: ...
    def queue_declare(self, queue: str, *args: Any, **kwargs: Any) -> Any: ...
    def queue_bind(self, queue: str, exchange: str, *args: Any, **kwargs: Any) -> Any: ...
    def close(self) -> None: ...


class DeclaringConnection(Protocol):
    """The part of a connection that declaring needs."""

    def channel(self) -> Any: ...


def declare(channel: DeclaringChannel) -> None:
    """Declare everything; what already exists does not change.

    Raises:
        TopologyMismatchError: a queue or exchange exists with other arguments (AMQP 406), or this
            user may not declare it (403).
    """
    _explained(_declare_exchanges, channel)
    for queue in ALL_QUEUES:
        _explained(_declare_queue, channel, queue)


def verify(channel: DeclaringChannel) -> None:
    """Check, without declaring anything, that exchanges and queues exist (least privilege).

    Raises:
        TopologyMismatchError: something is missing (AMQP 404).
    """
    _explained(_verify_exchanges, channel)
    for queue in ALL_QUEUES:
        _explained(_verify_queue, channel, queue)


def prepare(
    connection: DeclaringConnection, *, only_verify: bool, queues: Collection[str] = ALL_QUEUES
) -> dict[str, str]:
    """Declare exchanges and `queues`, or only verify them: what is wrong, by queue.

    One bad queue does not keep the others from being prepared.

    Raises:
        TopologyMismatchError: an exchange is missing or another one; nothing can be used.
    """
    exchanges, queue_step = (
        (_verify_exchanges, _verify_queue) if only_verify else (_declare_exchanges, _declare_queue)
    )
    channel = connection.channel()
    _explained(exchanges, channel)
    wrong: dict[str, str] = {}
    for queue in queues:
        try:
            _explained(queue_step, channel, queue)
        except TopologyMismatchError as error:
            wrong[queue] = str(error)
            channel = connection.channel()  # RabbitMQ has closed the one before
    channel.close()
    return wrong


class Compared(NamedTuple):
    """What `compare` found: sentences for people, each about one exchange or queue."""

    missing: list[str]
    wrong: list[str]
    not_compared: list[str]  # it exists, but this user may not declare


def compare(connection: DeclaringConnection) -> Compared:
    """Compare exchanges and queues with what they must be; declares nothing.

    RabbitMQ compares what is declared again, so each is only declared if it exists.

    Raises:
        pika.exceptions.AMQPError: the connection is gone.
    """
    found = Compared([], [], [])
    for name in (EXCHANGE, DEAD_EXCHANGE):
        _compare(connection, found, "exchange_declare", name, exchange_type="direct")
    for name in ALL_QUEUES:
        arguments = DEAD_ARGUMENTS if name == DEAD_QUEUE else LANE_ARGUMENTS
        _compare(connection, found, "queue_declare", name, arguments=arguments)
    return found


def _compare(
    connection: DeclaringConnection, found: Compared, declare: str, name: str, **details: Any
) -> None:
    channel, exists = connection.channel(), False
    try:
        getattr(channel, declare)(name, passive=True)
        exists = True
        getattr(channel, declare)(name, durable=True, **details)
    except pika.exceptions.ChannelClosedByBroker as error:
        text = str(_explain(error))
        if error.reply_code == 404:
            found.missing.append(text)
        elif error.reply_code == 403 and exists:
            found.not_compared.append(text)
        else:
            found.wrong.append(text)
    else:
        channel.close()


def _declare_exchanges(channel: DeclaringChannel) -> None:
    channel.exchange_declare(EXCHANGE, exchange_type="direct", durable=True)
    channel.exchange_declare(DEAD_EXCHANGE, exchange_type="direct", durable=True)


def _declare_queue(channel: DeclaringChannel, queue: str) -> None:
    if queue == DEAD_QUEUE:
        arguments, exchange, key = DEAD_ARGUMENTS, DEAD_EXCHANGE, DEAD_KEY
    else:
        (lane,) = (lane for lane, name in QUEUES.items() if name == queue)
        arguments, exchange, key = LANE_ARGUMENTS, EXCHANGE, ROUTING_KEYS[lane]
    channel.queue_declare(queue, durable=True, arguments=arguments)
    channel.queue_bind(queue, exchange, routing_key=key)


def _verify_exchanges(channel: DeclaringChannel) -> None:
    for exchange in (EXCHANGE, DEAD_EXCHANGE):
        channel.exchange_declare(exchange, passive=True)


def _verify_queue(channel: DeclaringChannel, queue: str) -> None:
    channel.queue_declare(queue, passive=True)


def _explained(step: Callable[..., None], *arguments: Any) -> None:
    try:
        step(*arguments)
    except pika.exceptions.ChannelClosedByBroker as error:
        raise _explain(error) from error


def waiting(channel: DeclaringChannel, lane: Priority) -> int:
    """How many messages of `lane` are ready (not those delivered and unacknowledged)."""
    return int(channel.queue_declare(QUEUES[lane], passive=True).method.message_count)


def _explain(error: pika.exceptions.ChannelClosedByBroker) -> Exception:
    if error.reply_code == 406:
        return TopologyMismatchError(
            f"RabbitMQ has this queue or exchange with other arguments: {error.reply_text}. "
            "Stop relays and mailers, let the queue run empty, delete it "
            "(rabbitmqctl delete_queue NAME), then run: postroom-mailer topology apply"
        )
    if error.reply_code == 404:
        return TopologyMismatchError(
            f"{error.reply_text}. Run: postroom-mailer topology apply (as a user who may declare)"
        )
    if error.reply_code == 403:
        return TopologyMismatchError(
            f"{error.reply_text}. This user may not declare: set RABBITMQ_TOPOLOGY=verify, and run "
            "as a user who may declare: postroom-mailer topology apply"
        )
    return error
