"""Deliveries that wait for a claim, by lane; the broker's prefetch limits how many."""

import threading
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from time import monotonic
from typing import NamedTuple, Protocol

from postroom.shared.status import Priority


class DeliverySource(Protocol):
    """The channel a delivery came through; once it is gone, settling does nothing."""

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        """Acknowledge, or reject to the dead-letter queue."""

    def give_back(self, tags: Sequence[int]) -> None:
        """Return them to their queue."""


class Delivery(NamedTuple):
    """One message in hand, bound to its own channel and tag when it arrives.

    If it were bound later, an acknowledgement could hit another message, which would be lost.
    """

    email_id: int
    lane: Priority
    source: DeliverySource
    tag: int
    traceparent: str = ""  # of its publishing
    installation: str = ""  # whose database has the e-mail; empty: not said
    alone: bool = False  # must not be in hand together with others
    returned: int = 0  # how often RabbitMQ delivered it before


def settle(deliveries: Iterable[Delivery], *, acknowledge: bool = True) -> None:
    """Acknowledge (or reject to the dead-letter queue) each on the channel it came through."""
    by_source: dict[DeliverySource, list[int]] = defaultdict(list)
    for delivery in deliveries:
        by_source[delivery.source].append(delivery.tag)
    for source, tags in by_source.items():
        source.settle(tags, acknowledge=acknowledge)


class Inbox:
    """Thread-safe lanes: high first, and bulk always gets a share beside normal."""

    def __init__(self) -> None:
        self._lanes: dict[Priority, deque[Delivery]] = {lane: deque() for lane in Priority}
        self._redelivered: list[Delivery] = []
        self._aside: list[tuple[float, Delivery]] = []  # each with the instant it returns
        self._due_to_bulk = 0  # eighths of a slot
        self._changed = threading.Condition()

    def put(self, delivery: Delivery) -> None:
        """Add one delivery."""
        with self._changed:
            self._lanes[delivery.lane].append(delivery)
            self._changed.notify()

    def put_redelivered(self, delivery: Delivery) -> None:
        """Add one that must be published again (mailer/broker/redelivered.py)."""
        with self._changed:
            self._redelivered.append(delivery)
            self._changed.notify()

    def redelivered(self) -> list[Delivery]:
        """Those that must be published again; they stay until `forget_redelivered`."""
        with self._changed:
            return list(self._redelivered)

    def forget_redelivered(self, deliveries: Collection[Delivery]) -> list[Delivery]:
        """Drop these; returns those that were still here, not given back meanwhile."""
        with self._changed:
            gone = set(deliveries)
            here = [delivery for delivery in self._redelivered if delivery in gone]
            self._redelivered = [delivery for delivery in self._redelivered if delivery not in gone]
            return here

    def take(
        self, limit: int, timeout: float, *, paused: Collection[Priority] = ()
    ) -> list[Delivery]:
        """At most `limit` deliveries, waiting up to `timeout` seconds for the first.

        Those of `paused` lanes stay.
        """
        with self._changed:
            self._return_due()
            if not any(self._lanes[lane] for lane in Priority if lane not in paused):
                self._changed.wait(timeout)
            taken: list[Delivery] = []
            # Bulk gets one slot in eight, so that a long backlog of normal mail does not stop it.
            # If each take is one slot, bulk gets one take in eight.
            share = 0
            if self._lanes[Priority.BULK] and Priority.BULK not in paused:
                share, self._due_to_bulk = divmod(self._due_to_bulk + limit, 8)
            limits = {
                Priority.HIGH: limit,
                Priority.NORMAL: max(0, limit - share),
                Priority.BULK: limit,
            }
            for lane, most in limits.items():
                if lane not in paused:
                    self._move(lane, taken, most)
            return taken

    def put_back(self, deliveries: list[Delivery]) -> None:
        """Return deliveries that could not be claimed now, before the others."""
        with self._changed:
            for delivery in reversed(deliveries):
                self._lanes[delivery.lane].appendleft(delivery)

    def set_aside(self, deliveries: Iterable[Delivery], seconds: float) -> None:
        """Return deliveries that must not be taken again for so many `seconds`."""
        with self._changed:
            self._aside += [(monotonic() + seconds, delivery) for delivery in deliveries]

    def clear(self) -> int:
        """Forget everything, after its channels are gone; returns how many."""
        with self._changed:
            count = len(self)
            for lane in self._lanes.values():
                lane.clear()
            self._redelivered.clear()
            self._aside.clear()
            return count

    def remove(self, source: DeliverySource) -> list[int]:
        """Drop what came through this channel; returns the tags, to give back to the broker."""
        with self._changed:
            tags = [d.tag for d in self._redelivered if d.source is source]
            self._redelivered = [d for d in self._redelivered if d.source is not source]
            tags += [d.tag for _, d in self._aside if d.source is source]
            self._aside = [entry for entry in self._aside if entry[1].source is not source]
            for lane, waiting in self._lanes.items():
                tags += [d.tag for d in waiting if d.source is source]
                self._lanes[lane] = deque(d for d in waiting if d.source is not source)
            return tags

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values()) + len(self._aside)

    def _return_due(self) -> None:
        """Return those set aside for long enough, behind the others of their lane."""
        if not self._aside:
            return
        now = monotonic()
        for due, delivery in self._aside:
            if due <= now:
                self._lanes[delivery.lane].append(delivery)
        self._aside = [entry for entry in self._aside if entry[0] > now]

    def _move(self, lane: Priority, taken: list[Delivery], limit: int) -> None:
        waiting = self._lanes[lane]
        while waiting and len(taken) < limit:
            taken.append(waiting.popleft())
