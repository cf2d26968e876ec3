"""One lane's channel: its consumer, and the messages not yet acknowledged on it."""

import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from postroom.mailer.broker.inbox import Delivery, Inbox
from postroom.mailer.broker.redelivered import RETURNS
from postroom.shared.broker import amqp, contract, topology
from postroom.shared.broker.amqp_batches import deliver_at_once
from postroom.shared.broker.amqp_limits import refuse_large_bodies
from postroom.shared.broker.callbacks import answered
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger

log = logger(__name__)


class Lane:
    """One channel; thread-safe. After it is gone, settling does nothing."""

    def __init__(self, channel: Any, priority: Priority, inbox: Inbox) -> None:
        self._channel = channel
        self._priority = priority
        self._inbox = inbox
        self._lock = threading.Lock()
        self._outstanding: deque[int] = deque()  # in order of arrival, oldest first
        self._settled: set[int] = set()  # settled singly, behind an unfinished older one
        self._tag = ""
        self._cancelled = False
        self._gone = False
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether `pause` ended its consumer."""
        return self._paused

    @property
    def alive(self) -> bool:
        """Whether it consumes: pika 1.5 does not report a channel that the broker closed."""
        return not self._cancelled and not self._gone and bool(self._channel.is_open)

    def pause(self) -> None:
        """Stop consuming; what is being sent is still acknowledged here."""
        self._paused = True
        self.cancel()

    def give_back(self, tags: Sequence[int]) -> None:
        """Return messages that are not being sent to the queue."""
        with self._lock:
            if self._gone:
                return
            try:
                for tag in tags:
                    self._channel.basic_reject(tag, requeue=True)
                self._settled.update(tags)
                self._forget_settled()
            except Exception as error:  # noqa: BLE001 - the broker has them back anyway
                self._gone = True
                log.debug("give_back_failed", error=amqp.describe(error))

    def consume(self, prefetch: int, *, name: str, on_trouble: Any) -> None:
        """Begin to consume as `name`; `on_trouble` is called when the broker ends it."""

        def cancelled(_frame: Any) -> None:
            log.warning("consumer_cancelled", lane=self._priority.value)
            self._cancelled = True
            on_trouble()

        self._channel.add_on_cancel_callback(answered("cancelled", cancelled))
        self._channel.basic_qos(prefetch_count=prefetch)
        deliver_at_once(self._channel)
        refuse_large_bodies(self._channel)
        self._tag = self._channel.basic_consume(
            topology.QUEUES[self._priority],
            answered("delivery", self._on_delivery, self._reject_delivery),
            # A short string of AMQP: at most 255 octets.
            consumer_tag=f"{name.encode()[:200].decode(errors='ignore')} {self._priority.value}",
        )

    def cancel(self) -> None:
        """No new deliveries; acknowledgements still work."""
        try:
            self._channel.basic_cancel(self._tag, timeout=5)
        except Exception as error:  # noqa: BLE001 - already closed is fine too
            log.debug("cancel_failed", error=amqp.describe(error))

    def gone(self) -> None:
        """The connection is gone: nothing here can be settled any more."""
        self._gone = True

    def end(self) -> None:
        """Give all waiting messages back to the broker; from now on acknowledgements do nothing."""
        self._gone = True
        with contextlib.suppress(Exception):
            self._channel.close()
        self._inbox.remove(self)

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        """See postroom.mailer.broker.inbox.DeliverySource."""
        with self._lock:
            if self._gone:
                return
            try:
                if acknowledge:
                    self._acknowledge(tags)
                else:
                    for tag in tags:
                        self._channel.basic_reject(tag, requeue=False)
                    self._settled.update(tags)
                    self._forget_settled()
            except Exception as error:  # noqa: BLE001 - it comes again, and is not claimed
                self._gone = True
                log.debug("acknowledge_failed", error=amqp.describe(error))

    def _on_delivery(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        tag = method.delivery_tag
        with self._lock:
            self._outstanding.append(tag)
        try:
            event = contract.decode(body, properties.type, properties.headers)
        except contract.ContractError as error:
            deadly = isinstance(error, contract.DeadlyMessageError)
            log.error(
                "message_not_understood",
                message_id=properties.message_id,
                error=str(error),
                fate="dropped" if deadly else "dead letter",
            )
            self.settle([tag], acknowledge=deadly)
            return
        if not self._gone:
            delivery = Delivery(
                event.email_id,
                self._priority,
                self,
                tag,
                event.traceparent,
                event.installation,
                event.alone,
                event.returned,
            )
            if event.returned >= RETURNS:
                self._inbox.put_redelivered(delivery)
            else:
                self._inbox.put(delivery)

    def _reject_delivery(self, _channel: Any, method: Any, *_rest: Any) -> None:
        self.settle([method.delivery_tag], acknowledge=False)

    def _acknowledge(self, tags: Sequence[int]) -> None:
        """One `multiple` acknowledgement up to the first unfinished, single ones after it."""
        finished = set(tags)
        up_to = 0
        while self._outstanding:
            tag = self._outstanding[0]
            if tag in finished:
                # `multiple` must name a tag that is itself still unacknowledged.
                up_to = tag
            elif tag not in self._settled:
                break
            self._outstanding.popleft()
            self._settled.discard(tag)
        if up_to:
            self._channel.basic_ack(up_to, multiple=True)
        for tag in sorted(finished):
            if tag > up_to:
                self._channel.basic_ack(tag)
                self._settled.add(tag)

    def _forget_settled(self) -> None:
        while self._outstanding and self._outstanding[0] in self._settled:
            self._settled.discard(self._outstanding.popleft())
