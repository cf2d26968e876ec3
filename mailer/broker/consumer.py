"""Keeps the connection to RabbitMQ with its lanes: deliveries in, acknowledgements out."""

import threading
from collections.abc import Collection
from time import monotonic

import pika.exceptions

from postroom.mailer.broker.inbox import Inbox
from postroom.mailer.broker.lane import Lane
from postroom.shared.broker import amqp, topology
from postroom.shared.broker.backoff import Rest, backoff
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

TICK_SECONDS = 0.5


class Consumer:
    """Keeps one connection with one channel per lane, and puts deliveries into `inbox`.

    `run` reconnects with jitter until it is stopped. `hold` stops consuming and gives everything
    back to the broker; `resume` starts again.
    """

    def __init__(self, settings: BrokerSettings, inbox: Inbox, *, name: str, prefetch: int) -> None:
        self._settings = settings
        self._inbox = inbox
        self._name = name
        self._prefetch = prefetch
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._held = False
        self._paused_lanes: frozenset[Priority] = frozenset()
        self._standing_by = False
        self._lanes: dict[Priority, Lane] = {}
        self._rests: dict[Priority, Rest] = {}
        self._connection: pika.Connection | None = None
        self.last_error = ""

    @property
    def consuming(self) -> bool:
        """Whether every lane that is not paused has an open channel with a consumer."""
        return all(
            (lane := self._lanes.get(priority)) and lane.alive and not lane.paused
            for priority in Priority
            if priority not in self._paused
        )

    @property
    def _paused(self) -> frozenset[Priority]:
        return frozenset(Priority) if self._standing_by else self._paused_lanes

    @property
    def held(self) -> bool:
        """Whether `hold` was called last, not `resume`."""
        return self._held

    def run(self) -> None:
        """Consume until `stop_taking`; log each failure and try again."""
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
                self._give_back_paused()
                self._wake.wait(TICK_SECONDS)
                self._wake.clear()
            except Exception as error:  # noqa: BLE001 - whatever pika raises, try again
                failures += 1
                self.last_error = amqp.describe(error)
                log.warning("broker_unavailable", error=self.last_error, failures=failures)
                self._disconnect()
                # Not `_wake`: the end of the connection itself sets it.
                self._stop.wait(backoff(failures))

    def hold(self) -> None:
        """Give every waiting message back to the broker until `resume`."""
        self._held = True
        self._wake.set()

    def resume(self) -> None:
        """Consume again."""
        self._held = False
        self._wake.set()

    def pause(self, lanes: Collection[Priority]) -> None:
        """Consume all lanes but these, whose waiting messages go back to the broker."""
        self._paused_lanes = frozenset(lanes)
        self._wake.set()

    def stand_by(self, standing_by: bool) -> None:
        """While True, as if every lane were paused: other mailers do the work."""
        self._standing_by = standing_by
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
        """Open each lane that is closed. One whose queue fails does not hold up the others."""
        for priority in Priority:
            lane, rest = self._lanes.get(priority), self._rests.get(priority, Rest())
            if priority in self._paused or monotonic() < rest.until:
                continue
            if lane and lane.alive and not lane.paused:
                continue
            try:
                if lane and lane.paused:
                    lane.end()
                elif lane:  # it was open before: its queue may have been deleted
                    lane.end()
                    self._declare(connection)
                self._lanes[priority] = lane = Lane(connection.channel(), priority, self._inbox)
                lane.consume(self._prefetch, on_trouble=self._wake.set)
            except Exception as error:
                if not connection.is_open:
                    raise
                self._rests[priority] = rest.longer()
                self.last_error = f"lane {priority.value}: {amqp.describe(error)}"
                log.warning("lane_unavailable", lane=priority.value, error=amqp.describe(error))
            else:
                self._rests.pop(priority, None)

    def _give_back_paused(self) -> None:
        for priority in self._paused:
            lane = self._lanes.get(priority)
            if lane is None:
                continue
            if not lane.paused:
                lane.pause()
            # Again on every tick: a claim in progress puts its deliveries back later.
            lane.give_back(self._inbox.remove(lane))

    def _disconnect(self) -> None:
        for lane in self._lanes.values():
            lane.gone()
        self._lanes = {}
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort(timeout=5)
        # Without the connection nothing can be added any more; all messages come again.
        self._inbox.clear()

    def _on_close(self, reason: BaseException) -> None:
        self.last_error = amqp.describe(reason)
        self._wake.set()
