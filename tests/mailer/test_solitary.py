"""E-mails that must be in hand alone."""

from collections.abc import Sequence

import pytest

from postroom.mailer import solitary
from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.solitary import Solitary
from postroom.shared.status import Priority


class Source:
    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        raise AssertionError("nothing is settled")

    def give_back(self, tags: Sequence[int]) -> None:
        raise AssertionError("nothing is given back")


def deliveries(*ids: int, alone: bool = False) -> list[Delivery]:
    return [Delivery(n, Priority.NORMAL, Source(), n, alone=alone) for n in ids]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr(solitary, "monotonic", lambda: clock[0])
    monkeypatch.setattr(solitary, "sleep", lambda _seconds: None)
    return clock


@pytest.mark.usefixtures("now")
def test_each_waits_for_an_empty_hand_and_others_wait_for_it() -> None:
    one = Solitary()
    assert one.next(in_hand=5) is None, "nothing to wait for"
    (first, second), others = deliveries(1, 2, alone=True), deliveries(3, 4)
    assert one.keep([others[0], first, second, others[1]]) == others
    assert one.next(in_hand=2) == [], "these must end first"
    assert one.next(in_hand=0) == [first]
    assert one.next(in_hand=1) == [], "none beside it"
    assert one.next(in_hand=0) == [second]
    assert one.next(in_hand=1) == []
    assert one.next(in_hand=0) is None, "all are done"


@pytest.mark.usefixtures("now")
def test_one_that_could_not_be_claimed_keeps_nobody_waiting() -> None:
    one = Solitary()
    one.keep(deliveries(1, alone=True))
    assert one.next(in_hand=0)
    assert one.next(in_hand=0) is None


def test_slow_mail_in_hand_does_not_stop_all_claims_for_long(now: list[float]) -> None:
    one = Solitary()
    one.keep(deliveries(1, alone=True))
    turns = []
    for _ in range(8):
        turns.append(one.next(in_hand=1) is None)  # True: others may be claimed
        now[0] += 15
    assert turns == [False, False, True, True, False, False, True, True]
