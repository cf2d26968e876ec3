"""Publishes messages with confirms: a batch goes out whole before the first confirm is awaited."""

import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import pika
import pika.exceptions

from postroom.shared.broker import amqp, amqp_batches, contract, topology
from postroom.shared.broker.amqp_batches import Message
from postroom.shared.broker.callbacks import answered
from postroom.shared.broker.marker import Marker
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from postroom.shared.telemetry import tracing
from postroom.shared.telemetry.logs import logger
from postroom.web.emails.errors import BrokerUnavailableError
from postroom.web.emails.relaying.outbox import Due

log = logger(__name__)

_CONFIRM_SECONDS = 10.0
_CHANNEL_CLOSED = (
    "RabbitMQ closed the channel. Its log says why: this user may not write to "
    f"{topology.EXCHANGE}, or the exchange is gone"
)


class Publisher:
    """One connection with one confirming channel (AMQP 0-9-1 with RabbitMQ's confirm.select).

    Not thread-safe: one relay owns it. Every method but `close` may raise BrokerUnavailableError;
    the publisher is then closed, and the relay opens a new one.
    """

    def __init__(self, settings: BrokerSettings, *, name: str) -> None:
        self._changed = threading.Condition()
        self._outstanding: set[int] = set()
        self._refused: set[int] = set()
        self._returned: set[str] = set()
        self._closed = ""
        self._published = 0
        self.alarm = ""  # what RabbitMQ was short of when it took no messages
        self.unusable: dict[Priority, str] = {}  # what is wrong with the queue, by lane
        spans = tracing.spans()
        self._spans = spans.publishing() if spans else None
        try:
            self._connection = amqp.connect(settings, name=name, on_close=self._on_close)
        except (pika.exceptions.AMQPError, OSError, TimeoutError) as error:
            raise BrokerUnavailableError(amqp.describe(error)) from error
        try:
            self._prepare(only_verify=settings.verify_topology)
            blocked = answered("blocked", self._on_blocked)
            self._connection.add_on_connection_blocked_callback(blocked)
            channel = self._connection.channel()
            channel.confirm_delivery(answered("confirm", self._on_confirm, self._give_up))
            channel.add_on_return_callback(answered("return", self._on_return, self._give_up))
            self._channel = channel
        except topology.TopologyMismatchError as error:
            self.close()
            raise BrokerUnavailableError(str(error)) from error
        except Exception as error:
            self.close()
            raise BrokerUnavailableError(amqp.describe(error)) from error

    def publish(self, batch: Sequence[Due]) -> list[int]:
        """Publish all, wait for their confirms, and return the e-mail ids that reached a queue.

        Messages are persistent and mandatory. Not in the result are messages of `unusable` lanes,
        and those that a full queue rejects, that are routed to no queue, or that are not confirmed
        within 10 s; in the last case the publisher is closed.

        Raises:
            BrokerUnavailableError: the connection or channel was closed.
        """
        confirmed: list[int] = []
        if self.unusable:
            batch = [due for due in batch if due.lane not in self.unusable]
        try:
            confirmed = self._publish(batch)
        finally:
            if self._spans:
                self._spans.end(confirmed)
        return confirmed

    def _prepare(self, *, only_verify: bool) -> None:
        wrong = topology.prepare(self._connection, only_verify=only_verify)
        self.unusable = {
            lane: wrong[queue] for lane, queue in topology.QUEUES.items() if queue in wrong
        }
        if topology.DEAD_QUEUE in wrong:
            log.error("dead_letters_unusable", error=wrong[topology.DEAD_QUEUE])

    def _publish(self, batch: Sequence[Due]) -> list[int]:
        now = int(time.time())
        tags: dict[int, int] = {}
        with self._changed:
            self._refused.clear()
            self._returned.clear()
        messages = []
        for due in batch:
            event = self._spans.begin(due.event) if self._spans else due.event
            message = contract.encode(event, timestamp=now)
            messages.append(Message(topology.ROUTING_KEYS[due.lane], *message))
            self._published += 1
            tags[self._published] = due.event.email_id
        with self._changed:
            self._outstanding |= tags.keys()
        try:
            amqp_batches.publish(self._connection, self._channel, topology.EXCHANGE, messages)
        except Exception as error:
            self.close()
            raise BrokerUnavailableError(amqp.describe(error)) from error
        self._await_confirms()
        return [
            email_id
            for due, (tag, email_id) in zip(batch, tags.items(), strict=True)
            if tag not in self._refused
            and tag not in self._outstanding
            and _message_id(due) not in self._returned
        ]

    def waiting(self, lane: Priority) -> int | None:
        """Number of ready messages in the lane's queue, from RabbitMQ; None: it cannot be used."""
        if lane in self.unusable:
            return None
        try:
            channel = self._connection.channel()
            count = topology.waiting(channel, lane)
            channel.close()
        except pika.exceptions.ChannelClosedByBroker as error:  # the trouble of this lane alone
            log.warning("lane_unavailable", lane=lane.value, error=error.reply_text)
            return None
        except Exception as error:
            self.close()
            raise BrokerUnavailableError(amqp.describe(error)) from error
        return count

    def mark(self, marker: Marker, installation: str) -> None:
        """Mark the virtual host as ours when it is time."""
        try:
            marker.renew(self._connection, installation)
        except Exception as error:
            self.close()
            raise BrokerUnavailableError(amqp.describe(error)) from error

    @property
    def is_open(self) -> bool:
        """False as soon as connection or channel are known to be gone."""
        return not self._closed and self._connection.is_open and self._channel.is_open

    def close(self) -> None:
        """Close the connection, within some seconds; never raises."""
        self._closed = self._closed or "closed"
        self._connection.abort(timeout=3)

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _await_confirms(self) -> None:
        deadline = time.monotonic() + _CONFIRM_SECONDS
        with self._changed:
            while self._outstanding:
                # pika 1.5 does not report a channel closed by the broker: check on every tick.
                if not self.is_open:
                    reason = self._closed or _CHANNEL_CLOSED
                    break
                left = deadline - time.monotonic()
                if left <= 0:
                    self.close()  # so that no late confirm is taken for another message's
                    return
                self._changed.wait(min(left, 0.25))
            else:
                return
        self.close()
        raise BrokerUnavailableError(reason)

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        with self._changed:
            tag, multiple = method.delivery_tag, method.multiple
            settled = {t for t in self._outstanding if t <= tag} if multiple else {tag}
            if isinstance(method, pika.spec.Basic.Nack):
                self._refused |= settled
            self._outstanding -= settled
            if not self._outstanding:
                self._changed.notify_all()

    def _on_return(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        with self._changed:
            self._returned.add(properties.message_id)

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self.alarm = str(frame.method.reason) or "memory or disk"
        log.error("broker_in_alarm", error=self.alarm)

    def _give_up(self, *_frame: Any) -> None:
        """Which messages arrived is not known: none counts, and the relay connects again."""
        with self._changed:
            self._closed = "a confirm could not be read"
            self._changed.notify_all()

    def _on_close(self, reason: BaseException) -> None:
        with self._changed:
            self._closed = amqp.describe(reason)
            self._changed.notify_all()


def _message_id(due: Due) -> str:
    return f"email-{due.event.email_id}-{due.event.attempt}"
