"""The relay: publishes what is due, and makes due again what was dropped or lost."""

import math
import threading
import time
from collections import Counter, defaultdict

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction

from postroom.shared.broker import marker
from postroom.shared.broker.backoff import Rest, backoff
from postroom.shared.process.liveness import Liveness
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger
from postroom.shared.waits_for import WaitsFor
from postroom.web.conf import conf
from postroom.web.emails.errors import BrokerUnavailableError
from postroom.web.emails.heartbeat import HeartbeatWriter
from postroom.web.emails.relaying import outbox
from postroom.web.emails.relaying.installation import identify
from postroom.web.emails.relaying.listener import Listener
from postroom.web.emails.relaying.publisher import Publisher

log = logger(__name__)

BATCH = 500  # rows per lane and transaction (see what-speed-costs: batches of the relay)
POLL_SECONDS = 1.0  # retries and scheduled mail fall due without a notification
SWEEP_SECONDS = 1.0
LOST_CHECK_SECONDS = 5.0
# After an outage of the database every lease has expired. From its first answer, or the start of
# this relay, running mailers get this long to renew leases and to record what they have sent,
# before their e-mails count as dropped: a renewal is due every 5 s and may wait 5 s to connect.
GRACE_SECONDS = 15.0
_NOT_ACCEPTED = "the queue is full or does not answer, or its binding is missing"


class Relay:
    """One relay; several may run, each taking other rows.

    `step()` does one round and returns how much it published; `run()` repeats it until `stop` is
    set.
    """

    def __init__(self, *, name: str) -> None:
        self._name = name
        self._publisher: Publisher | None = None
        self._rests: defaultdict[Priority, Rest] = defaultdict(Rest)
        self._why: dict[Priority, str] = {}
        self._installation = ""  # until the database answers
        self._marker = marker.Marker(conf.broker)
        self._alarm = ""
        self._broker_error = ""
        self._next_sweep = 0.0
        self._next_take_back = math.inf  # until the database answers
        self._next_lost_check = time.monotonic() + LOST_CHECK_SECONDS

    def step(self) -> int:
        """Sweep when it is time, then publish one batch of what is due. Number of e-mails.

        Raises:
            BrokerUnavailableError: RabbitMQ cannot be used; no e-mail was stamped.
            DatabaseError, InterfaceError: PostgreSQL cannot be used.
        """
        self._installation = self._installation or identify()
        self._sweep()
        published = self._publish_due()
        self._mark()
        return published

    def _mark(self) -> None:
        """On the connection there is; it must not be opened for this."""
        if self._publisher is not None and self._publisher.is_open:
            self._publisher.mark(self._marker, self._installation)

    def run(self, stop: threading.Event, wake_fd: int) -> None:
        """Work until `stop` is set; `wake_fd` becomes readable when a signal arrives."""
        failures = 0
        heartbeat = HeartbeatWriter("relay", self._name)
        with Listener(wake_fd) as listener, Liveness() as liveness:
            while not stop.is_set():
                liveness.came_round()
                try:
                    listener.ensure_listening()
                    heartbeat.beat(self._state(), self._reasons())
                    if not self.step():
                        listener.wait(POLL_SECONDS)
                except BrokerUnavailableError as error:
                    failures += 1
                    self._broker_error = str(error)
                    log.warning("broker_unavailable", error=str(error), failures=failures)
                    self._disconnect()
                except (DatabaseError, InterfaceError, psycopg.Error) as error:
                    failures += 1
                    log.warning("database_unavailable", error=str(error).strip(), failures=failures)
                    connection.close()
                    listener.close()
                    self._database_away()
                else:
                    failures = 0
                    self._broker_error = ""
                    continue
                listener.pause(backoff(failures))
        self._disconnect()
        heartbeat.stop()

    def _state(self) -> str:
        """For the heartbeat, in a few words."""
        if self._broker_error:
            return "RabbitMQ cannot be used"
        if self._alarm and self.resting:
            return "RabbitMQ is in an alarm"
        if self.resting:
            return f"RabbitMQ does not accept: {', '.join(lane.value for lane in self.resting)}"
        return marker.STATE if self._marker.trouble else "running"

    def _reasons(self) -> dict[WaitsFor, str]:
        """For the heartbeat: what this relay waits for, and why."""
        in_alarm = bool(self._alarm and self.resting)
        found = {
            WaitsFor.RABBITMQ: self._broker_error,
            WaitsFor.ALARM: f"RabbitMQ is short of {self._alarm}" if in_alarm else "",
            WaitsFor.LANE: "" if in_alarm else self.refusals,
            WaitsFor.INSTALLATION: self._marker.trouble,
        }
        return {waits: reason for waits, reason in found.items() if reason}

    def close(self) -> None:
        """Close the connection to RabbitMQ."""
        self._disconnect()

    def _publish_due(self) -> int:
        """Publish and stamp a batch. Only a lane that RabbitMQ does not accept rests."""
        now = time.monotonic()
        lanes = [lane for lane in Priority if self._rests[lane].until <= now]
        if not lanes:
            return 0
        with transaction.atomic():
            due = outbox.take_due(BATCH, lanes, installation=self._installation)
            if not due:
                return 0
            publisher = self._connected()
            confirmed = set(publisher.publish(due))
            owing = [one for one in due if one.event.email_id not in confirmed]
            if owing:
                outbox.take_stamp_back([one.event.email_id for one in owing])
        log.debug("published", found=len(due), confirmed=len(confirmed))
        self._alarm = publisher.alarm
        owed = Counter(one.lane for one in owing)
        for lane in lanes:
            why = publisher.unusable.get(lane, _NOT_ACCEPTED)
            self._rests[lane] = self._rest(lane, owed[lane], why) if owed[lane] else Rest()
        if owed:
            # Rejected by a full queue, routed to none, or not confirmed in time. A new connection
            # declares a lost binding again; the pause protects a queue in trouble.
            self._disconnect()
        return len(confirmed)

    def _rest(self, lane: Priority, owed: int, why: str) -> Rest:
        rest = self._rests[lane].longer()
        log.warning(
            "lane_unavailable", lane=lane.value, owed=owed, failures=rest.failures, error=why
        )
        self._why[lane] = why
        return rest

    @property
    def resting(self) -> list[Priority]:
        """Lanes whose messages RabbitMQ did not accept."""
        return [lane for lane, rest in self._rests.items() if rest.failures]

    @property
    def refusals(self) -> str:
        """Those lanes, each with the reason."""
        return "; ".join(f"{lane.value}: {self._why[lane]}" for lane in self.resting)

    def _sweep(self) -> None:
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_SECONDS
        if self._next_take_back == math.inf:
            self._next_take_back = now + GRACE_SECONDS
        if now >= self._next_take_back and (dropped := outbox.take_back()):
            log.warning("dropped_taken_back", count=dropped)
        if expired := outbox.expire():
            log.info("expired", count=expired)
        if now >= self._next_lost_check:
            self._next_lost_check = now + LOST_CHECK_SECONDS
            self._forget_lost()

    def _database_away(self) -> None:
        # The grace begins when the database is back: pauses between two tries may be longer.
        self._next_take_back = math.inf
        self._installation = ""  # it may be another database then

    def _forget_lost(self) -> None:
        """Publish again what RabbitMQ has lost: pending for long although the lane is empty.

        While messages wait in the lane, the turn of old e-mails has not come yet. What a mailer
        holds unacknowledged is published once more at most, until that message is taken.
        """
        seconds = conf.delivery.lost_after
        for lane in outbox.lanes_with_old_messages(seconds):
            if self._connected().waiting(lane) == 0 and (lost := outbox.forget_lost(lane, seconds)):
                log.warning("lost_made_due", lane=lane.value, count=lost)

    def _connected(self) -> Publisher:
        if self._publisher is None or not self._publisher.is_open:
            self._disconnect()
            self._publisher = Publisher(conf.broker, name=f"postroom relay {self._name}")
            log.info("broker_connected")
        return self._publisher

    def _disconnect(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


def publish_once(*, name: str) -> dict[str, int]:
    """Publish everything due and take back everything dropped, once. Counts by outcome.

    Raises:
        BrokerUnavailableError: RabbitMQ cannot be used, or did not accept some messages.
        DatabaseError, InterfaceError: PostgreSQL cannot be used.
    """
    counts: dict[str, int] = defaultdict(int)
    counts["dropped"] = outbox.take_back()
    counts["expired"] = outbox.expire()
    relay = Relay(name=name)
    try:
        while found := relay.step():
            counts["published"] += found
    finally:
        relay.close()
    if relay.resting:
        raise BrokerUnavailableError(
            f"RabbitMQ did not accept messages of {relay.refusals}. {counts['published']} others "
            "were published"
        )
    return counts
