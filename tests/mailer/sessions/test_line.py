"""Who gets the next session: high before all others, and within each who came first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.sessions.line import InHand, Line
from postroom.shared.status import Priority

CHANNEL: Any = None


def item(number: int, lane: Priority) -> InHand:
    email = ClaimedEmail(
        number, "t", 1, 8, datetime.now(UTC), "<1@example.org>", "x", "S", "f@example.org"
    )
    return InHand(email, Delivery(number, lane, CHANNEL, number))


def order(line: Line) -> list[int]:
    found = []
    while line:
        found.append(line.next().email.id)
    return found


def test_high_is_never_behind_bulk() -> None:
    line = Line()
    line.put([item(1, Priority.BULK), item(2, Priority.NORMAL), item(3, Priority.BULK)])
    line.put([item(4, Priority.HIGH), item(5, Priority.HIGH)])
    assert len(line) == 5
    assert order(line) == [4, 5, 1, 2, 3]


def test_who_comes_back_is_the_first_of_its_side() -> None:
    line = Line()
    line.put([item(1, Priority.BULK), item(2, Priority.HIGH)])
    line.put_first(item(3, Priority.NORMAL))
    line.put_first(item(4, Priority.HIGH))
    assert order(line) == [4, 2, 3, 1]
    with pytest.raises(IndexError):
        line.next()
