"""Keeps the connection to RabbitMQ with its lanes: deliveries in, acknowledgements out."""

import threading
from collections.abc import Collection
from time import monotonic

import pika.exceptions

from postroom.mailer.broker.inbox import Inbox
from postroom.mailer.broker.installation import Installation
from postroom.mailer.broker.lane import Lane
from postroom.shared.broker import amqp, topology
from postroom.shared.broker.backoff import Rest, backoff
from postroom.shared.broker.marker import Marker
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

TICK_SECONDS = 0.5
# A connection that ends within so many seconds is not followed by another one at once: if something
# that it receives ends it, each of them would end so.
BRIEF_SECONDS = 10.0


class Consumer:
    """Keeps one connection with one channel per lane, and puts deliveries into `inbox`.

    `run` reconnects with jitter until it is stopped. `hold` stops consuming and gives everything
    back to the broker; `resume` starts again.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        inbox: Inbox,
        *,
        name: str,
        prefetch: int,
        installation: Installation | None = None,
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._name = name
        self._prefetch = prefetch
        self._installation = installation or Installation()
        self._marker = Marker(settings)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._held = False
        self._paused_lanes: frozenset[Priority] = frozenset()
        self._standing_by = False
        self._lanes: dict[Priority, Lane] = {}
        self._rests: dict[Priority, Rest] = {}
        self._connection: pika.Connection | None = None
        self._connected_at = 0.0
        self._brief = 0  # connections in a row that soon ended
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
    def resting(self) -> bool:
        """Whether a lane is closed because its queue cannot be used, and others work."""
        return any(lane.alive for lane in tuple(self._lanes.values())) and any(
            monotonic() < rest.until for rest in tuple(self._rests.values())
        )

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
                elif self._rested() and not self.consuming:
                    self._open_lanes(self._connected())
                    if self.consuming:
                        self.last_error = ""
                    failures = 0
                self._give_back_paused()
                self._marker.renew(self._connection, self._installation.identity)
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

    def _rested(self) -> bool:
        """Log a lost connection, and wait if it was brief; False when stopped meanwhile."""
        if self._connection is None or self._connection.is_open:
            return True
        lasted = monotonic() - self._connected_at
        log.warning("broker_connection_lost", error=self.last_error, seconds=round(lasted, 1))
        self._disconnect()
        self._brief = self._brief + 1 if lasted < BRIEF_SECONDS else 0
        return not (self._brief and self._stop.wait(backoff(self._brief)))

    def _connected(self) -> pika.Connection:
        if self._connection is not None and self._connection.is_open:
            return self._connection
        self._disconnect()
        connection = amqp.connect(
            self._settings, name=f"postroom mailer {self._name}", on_close=self._on_close
        )
        self._connection, self._connected_at = connection, monotonic()
        self._declare(connection)
        log.info("broker_connected")
        return connection

    def _declare(
        self, connection: pika.Connection, queues: Collection[str] = topology.ALL_QUEUES
    ) -> None:
        """A lane whose queue cannot be used rests, and does not hold up the others."""
        only_verify = self._settings.verify_topology
        wrong = topology.prepare(connection, only_verify=only_verify, queues=queues)
        for priority, queue in topology.QUEUES.items():
            if queue in wrong:
                self._rest(priority, wrong[queue])
        if topology.DEAD_QUEUE in wrong:
            log.error("dead_letters_unusable", error=wrong[topology.DEAD_QUEUE])

    def _open_lanes(self, connection: pika.Connection) -> None:
        """Open each lane that is closed. One whose queue fails does not hold up the others."""
        for priority in Priority:
            lane = self._lanes.get(priority)
            if priority in self._paused or self._resting(priority):
                continue
            if lane and lane.alive and not lane.paused:
                continue
            try:
                if self._cleared(connection, priority):
                    self._open_lane(connection, priority)
            except Exception as error:
                if not connection.is_open:
                    raise
                self._rest(priority, amqp.describe(error))

    def _cleared(self, connection: pika.Connection, priority: Priority) -> bool:
        """End what is left of the lane; whether its queue can be used."""
        lane = self._lanes.get(priority)
        if lane:
            lane.end()
            if lane.paused:
                return True
            log.warning("lane_lost", lane=priority.value)
        elif priority not in self._rests:
            return True
        # Its queue may have been deleted, or be another one now.
        self._declare(connection, [topology.QUEUES[priority]])
        return not self._resting(priority)

    def _open_lane(self, connection: pika.Connection, priority: Priority) -> None:
        self._lanes[priority] = lane = Lane(connection.channel(), priority, self._inbox)
        lane.consume(self._prefetch, name=self._name, on_trouble=self._wake.set)
        self._rests.pop(priority, None)

    def _resting(self, priority: Priority) -> bool:
        return monotonic() < self._rests.get(priority, Rest()).until

    def _rest(self, priority: Priority, error: str) -> None:
        """This lane is tried again later."""
        self._rests[priority] = self._rests.get(priority, Rest()).longer()
        self.last_error = f"lane {priority.value}: {error}"
        log.warning("lane_unavailable", lane=priority.value, error=error)

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
