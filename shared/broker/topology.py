"""Exchange, queues and bindings of Postroom, and how to declare or verify them.

One durable direct exchange; one quorum queue per lane, so that a password reset overtakes a
newsletter on every RabbitMQ version; rejected messages end in one dead-letter queue. Queues have
only the arguments that Postroom depends on: sizes and ages belong in policies, because an argument
can only be changed by deleting the queue.
"""

from typing import Any, Final, Protocol

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


def declare(channel: DeclaringChannel) -> None:
    """Declare everything; what already exists does not change.

    Raises:
        TopologyMismatchError: a queue or exchange exists with other arguments (AMQP 406), or this
            user may not declare it (403).
    """
    try:
        channel.exchange_declare(EXCHANGE, exchange_type="direct", durable=True)
        channel.exchange_declare(DEAD_EXCHANGE, exchange_type="direct", durable=True)
        channel.queue_declare(DEAD_QUEUE, durable=True, arguments=DEAD_ARGUMENTS)
        channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE, routing_key=DEAD_KEY)
        for lane, queue in QUEUES.items():
            channel.queue_declare(queue, durable=True, arguments=LANE_ARGUMENTS)
            channel.queue_bind(queue, EXCHANGE, routing_key=ROUTING_KEYS[lane])
    except pika.exceptions.ChannelClosedByBroker as error:
        raise _explain(error) from error


def verify(channel: DeclaringChannel) -> None:
    """Check, without declaring anything, that exchanges and queues exist (least privilege).

    Raises:
        TopologyMismatchError: something is missing (AMQP 404).
    """
    try:
        for exchange in (EXCHANGE, DEAD_EXCHANGE):
            channel.exchange_declare(exchange, passive=True)
        for queue in (DEAD_QUEUE, *QUEUES.values()):
            channel.queue_declare(queue, passive=True)
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
