"""The claimed e-mails that wait for a session: those of lane high before all others."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.shared.status import Priority


class InHand(NamedTuple):
    """A claimed e-mail and the message that brought it."""

    email: ClaimedEmail
    delivery: Delivery


class Line:
    """First come, first served within high, and within the others. `put` is for other threads."""

    def __init__(self) -> None:
        self._high: deque[InHand] = deque()
        self._others: deque[InHand] = deque()

    def __len__(self) -> int:
        return len(self._high) + len(self._others)

    def put(self, items: Iterable[InHand]) -> None:
        """Join the line."""
        for item in items:
            self._side(item).append(item)

    def put_first(self, item: InHand) -> None:
        """Back to the head: it had a session that turned out to be of no use."""
        self._side(item).appendleft(item)

    def next(self) -> InHand:
        """Take the one whose turn it is.

        Raises:
            IndexError: nobody waits.
        """
        return (self._high or self._others).popleft()

    def _side(self, item: InHand) -> deque[InHand]:
        return self._high if item.delivery.lane is Priority.HIGH else self._others
