"""Deliveries that wait for a claim, by lane; the broker's prefetch bounds how many."""

import threading
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from time import monotonic
from typing import NamedTuple, Protocol

from postroom.shared.status import Priority


class DeliverySource(Protocol):
    """The channel a delivery came by; after it is gone, settling does nothing."""

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        """Acknowledge, or reject to the dead-letter queue."""


class Delivery(NamedTuple):
    """One message in hand, bound to its own channel and tag when it arrives.

    Bound later, an acknowledgement once hit another message and lost it.
    """

    email_id: int
    lane: Priority
    source: DeliverySource
    tag: int
    traceparent: str = ""  # of its publishing


def settle(deliveries: Iterable[Delivery], *, acknowledge: bool = True) -> None:
    """Acknowledge (or reject to the dead-letter queue) each on the channel it came by."""
    by_source: dict[DeliverySource, list[int]] = defaultdict(list)
    for delivery in deliveries:
        by_source[delivery.source].append(delivery.tag)
    for source, tags in by_source.items():
        source.settle(tags, acknowledge=acknowledge)


class Inbox:
    """Thread-safe lanes: high before all, and bulk always gets a share beside normal."""

    def __init__(self) -> None:
        self._lanes: dict[Priority, deque[Delivery]] = {lane: deque() for lane in Priority}
        self._worn: list[Delivery] = []
        self._aside: list[tuple[float, Delivery]] = []  # and from when they may be taken again
        self._due_to_bulk = 0  # eighths of a slot
        self._changed = threading.Condition()

    def put(self, delivery: Delivery) -> None:
        """Add one delivery."""
        with self._changed:
            self._lanes[delivery.lane].append(delivery)
            self._changed.notify()

    def put_worn(self, delivery: Delivery) -> None:
        """Add one that is to be published anew (mailer/broker/redelivered.py)."""
        with self._changed:
            self._worn.append(delivery)
            self._changed.notify()

    def worn(self) -> list[Delivery]:
        """Those that are to be published anew; they stay until forgotten."""
        with self._changed:
            return list(self._worn)

    def forget_worn(self, deliveries: Collection[Delivery]) -> list[Delivery]:
        """Drop these; those that were still here, and not given back meanwhile."""
        with self._changed:
            gone = set(deliveries)
            here = [delivery for delivery in self._worn if delivery in gone]
            self._worn = [delivery for delivery in self._worn if delivery not in gone]
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
            # One slot in eight, so that a long normal backlog does not stop bulk mail for good; one
            # take in eight when each takes one.
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
        """Return deliveries that are not to be taken again for so long."""
        with self._changed:
            self._aside += [(monotonic() + seconds, delivery) for delivery in deliveries]

    def clear(self) -> int:
        """Forget everything (its channels are gone, or it goes back to the broker). Number."""
        with self._changed:
            count = len(self)
            for lane in self._lanes.values():
                lane.clear()
            self._worn.clear()
            self._aside.clear()
            return count

    def remove(self, source: DeliverySource) -> list[int]:
        """Drop what came by this channel; the tags, for who gives it back to the broker."""
        with self._changed:
            tags = [d.tag for d in self._worn if d.source is source]
            self._worn = [d for d in self._worn if d.source is not source]
            tags += [d.tag for _, d in self._aside if d.source is source]
            self._aside = [entry for entry in self._aside if entry[1].source is not source]
            for lane, waiting in self._lanes.items():
                tags += [d.tag for d in waiting if d.source is source]
                self._lanes[lane] = deque(d for d in waiting if d.source is not source)
            return tags

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values()) + len(self._aside)

    def _return_due(self) -> None:
        """Those that were set aside for long enough, behind the others of their lane."""
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
