"""RabbitMQ in, acknowledgements out: the only place in the mailer that speaks AMQP."""

import contextlib
import random
import threading
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Any, NamedTuple

import pika.exceptions

from mailer.inbox import Delivery, Inbox
from shared import amqp, contract, topology
from shared.logs import logger
from shared.settings import BrokerSettings
from shared.status import Priority

log = logger(__name__)

TICK_SECONDS = 0.5
_BACKOFF_LONGEST = 10.0


class Consumer:
    """Keeps one connection with a channel a lane, and puts deliveries into `inbox`.

    `run` reconnects with jitter until told to stop. `hold` stops consuming and gives everything
    back to the broker; `resume` begins again.
    """

    def __init__(self, settings: BrokerSettings, inbox: Inbox, *, name: str, prefetch: int) -> None:
        self._settings = settings
        self._inbox = inbox
        self._name = name
        self._prefetch = prefetch
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._held = False
        self._lanes: dict[Priority, _Lane] = {}
        self._troubles: dict[Priority, _Trouble] = {}
        self._connection: pika.Connection | None = None
        self.last_error = ""

    @property
    def consuming(self) -> bool:
        """Whether every lane has an open channel with a consumer."""
        return all((lane := self._lanes.get(priority)) and lane.alive for priority in Priority)

    @property
    def held(self) -> bool:
        """Whether `hold` is in force."""
        return self._held

    def run(self) -> None:
        """Consume until `stop`; every failure is logged once and tried again."""
        failures = 0
        while not self._stop.is_set():
            try:
                if self._held:
                    self._disconnect()
                elif not self.consuming:
                    self._open_lanes(self._connected())
                    if self.consuming:
                        self.last_error = ""
                    failures = 0
                self._wake.wait(TICK_SECONDS)
                self._wake.clear()
            except Exception as error:  # noqa: BLE001 - whatever pika raises, mail must go on
                failures += 1
                self.last_error = amqp.describe(error)
                log.warning("broker_unavailable", error=self.last_error, failures=failures)
                self._disconnect()
                # Not `_wake`: the end of the connection itself sets it.
                self._stop.wait(_backoff(failures))

    def hold(self) -> None:
        """Give every waiting message back to the broker until `resume`."""
        self._held = True
        self._wake.set()

    def resume(self) -> None:
        """Consume again."""
        self._held = False
        self._wake.set()

    def stop_taking(self) -> None:
        """No new deliveries; acknowledgements still work until `close`."""
        self._stop.set()
        self._wake.set()
        for lane in tuple(self._lanes.values()):
            lane.cancel()

    def close(self) -> None:
        """Close the connection: what is not acknowledged goes back to the queue."""
        self._disconnect()

    def _connected(self) -> pika.Connection:
        if self._connection is not None and self._connection.is_open:
            return self._connection
        self._disconnect()
        connection = amqp.connect(
            self._settings, name=f"postroom mailer {self._name}", on_close=self._on_close
        )
        self._connection = connection
        self._declare(connection)
        log.info("broker_connected")
        return connection

    def _declare(self, connection: pika.Connection) -> None:
        channel = connection.channel()
        (topology.verify if self._settings.verify_topology else topology.declare)(channel)
        channel.close()

    def _open_lanes(self, connection: pika.Connection) -> None:
        """Open each lane that is not; one whose queue is sick waits its turn beside the others."""
        for priority in Priority:
            lane, trouble = self._lanes.get(priority), self._troubles.get(priority, _Trouble())
            if (lane and lane.alive) or monotonic() < trouble.next_try:
                continue
            try:
                if lane:  # it was open: its queue may have been deleted
                    lane.end()
                    self._declare(connection)
                self._lanes[priority] = lane = _Lane(connection.channel(), priority, self._inbox)
                lane.consume(self._prefetch, on_trouble=self._wake.set)
            except Exception as error:
                if not connection.is_open:
                    raise
                failures = trouble.failures + 1
                self._troubles[priority] = _Trouble(failures, monotonic() + _backoff(failures))
                self.last_error = f"lane {priority.value}: {amqp.describe(error)}"
                log.warning("lane_unavailable", lane=priority.value, error=amqp.describe(error))
            else:
                self._troubles.pop(priority, None)

    def _disconnect(self) -> None:
        for lane in self._lanes.values():
            lane.gone()
        self._lanes = {}
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort(timeout=5)
        # After the connection is gone nothing can be added any more; all of it comes again.
        self._inbox.clear()

    def _on_close(self, reason: BaseException) -> None:
        self.last_error = amqp.describe(reason)
        self._wake.set()


def _backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: growing, with jitter, at most ten."""
    return 0.1 + random.uniform(0, min(_BACKOFF_LONGEST, 0.2 * 2.0 ** min(failures, 10)))


class _Trouble(NamedTuple):
    """How often in a row a lane could not be opened, and the instant of the next try."""

    failures: int = 0
    next_try: float = 0.0


class _Lane:
    """One channel: its consumer, and the tags not yet acknowledged on it."""

    def __init__(self, channel: Any, priority: Priority, inbox: Inbox) -> None:
        self._channel = channel
        self._priority = priority
        self._inbox = inbox
        self._lock = threading.Lock()
        self._outstanding: deque[int] = deque()  # in order of arrival, oldest first
        self._settled: set[int] = set()  # settled one by one behind an unfinished older one
        self._tag = ""
        self._cancelled = False
        self._gone = False

    @property
    def alive(self) -> bool:
        """A channel closed by the broker is silent in pika 1.5, so it is looked at."""
        return not self._cancelled and not self._gone and bool(self._channel.is_open)

    def consume(self, prefetch: int, *, on_trouble: Any) -> None:
        def cancelled(_frame: Any) -> None:
            log.warning("consumer_cancelled", lane=self._priority.value)
            self._cancelled = True
            on_trouble()

        self._channel.add_on_cancel_callback(cancelled)
        self._channel.basic_qos(prefetch_count=prefetch)
        self._tag = self._channel.basic_consume(topology.QUEUES[self._priority], self._on_delivery)

    def cancel(self) -> None:
        try:
            self._channel.basic_cancel(self._tag, timeout=5)
        except Exception as error:  # noqa: BLE001 - already closed is as good
            log.debug("cancel_failed", error=amqp.describe(error))

    def gone(self) -> None:
        self._gone = True

    def end(self) -> None:
        """Give what waits here back to the broker; acknowledgements do nothing from now on."""
        self._gone = True
        with contextlib.suppress(Exception):
            self._channel.close()
        self._inbox.forget(self)

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        """See mailer.inbox.Source."""
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
            except Exception as error:  # noqa: BLE001 - it comes again and finds no claim
                self._gone = True
                log.debug("acknowledge_failed", error=amqp.describe(error))

    def _on_delivery(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        tag = method.delivery_tag
        with self._lock:
            self._outstanding.append(tag)
        try:
            event = contract.decode(body, properties.type)
        except contract.ContractError as error:
            log.error("message_not_understood", message_id=properties.message_id, error=str(error))
            self.settle([tag], acknowledge=False)
            return
        if not self._gone:
            self._inbox.put(Delivery(event.email_id, self._priority, self, tag))

    def _acknowledge(self, tags: Sequence[int]) -> None:
        """One `multiple` acknowledgement for all up to the first unfinished, singles beyond it."""
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
