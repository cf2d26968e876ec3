"""Which deliveries are taken next: high first, a share for bulk, and nothing of a paused lane."""

from collections.abc import Sequence

import pytest

from postroom.mailer.broker.inbox import Delivery, Inbox
from postroom.shared.status import Priority

HIGH, NORMAL, BULK = Priority.HIGH, Priority.NORMAL, Priority.BULK


class Channel:
    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        raise AssertionError("taking settles nothing")

    def give_back(self, tags: Sequence[int]) -> None:
        raise AssertionError(f"nothing is given back: {tags}")


def filled(*lanes: Priority, each: int = 10) -> tuple[Inbox, dict[Priority, Channel]]:
    inbox, channels = Inbox(), {lane: Channel() for lane in lanes}
    for lane in lanes:
        for tag in range(1, each + 1):
            inbox.put(Delivery(tag, lane, channels[lane], tag))
    return inbox, channels


def taken(inbox: Inbox, limit: int, *paused: Priority) -> dict[Priority, int]:
    lanes = [one.lane for one in inbox.take(limit, 0, paused=paused)]
    return {lane: lanes.count(lane) for lane in Priority if lane in lanes}


def test_high_comes_first_and_bulk_has_its_share() -> None:
    inbox, _ = filled(HIGH, NORMAL, BULK)
    assert taken(inbox, 8) == {HIGH: 8}
    assert taken(inbox, 8) == {HIGH: 2, NORMAL: 5, BULK: 1}


def test_bulk_has_its_share_when_one_is_taken_at_a_time() -> None:
    inbox, _ = filled(NORMAL, BULK, each=20)
    lanes = [one.lane for _ in range(16) for one in inbox.take(1, 0)]
    assert lanes == ([NORMAL] * 7 + [BULK]) * 2
    assert [one.lane for one in filled(BULK)[0].take(1, 0)] == [BULK]


def test_paused_lanes_stay_and_leave_their_share_to_the_others() -> None:
    inbox, _ = filled(HIGH, NORMAL, BULK)
    assert taken(inbox, 8, HIGH, BULK) == {NORMAL: 8}
    assert taken(inbox, 8, *Priority) == {}
    assert len(inbox) == 22


def test_removed_by_channel_gives_the_tags_of_that_channel_only() -> None:
    inbox, channels = filled(NORMAL, BULK, each=3)
    assert inbox.remove(channels[BULK]) == [1, 2, 3]
    assert inbox.remove(channels[BULK]) == []
    assert taken(inbox, 9) == {NORMAL: 3}


def test_set_aside_is_not_taken_before_its_time_and_comes_last_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("postroom.mailer.broker.inbox.monotonic", lambda: now)
    inbox, channels = filled(NORMAL, BULK, each=3)
    inbox.set_aside(inbox.take(1, 0), 5)
    assert len(inbox) == 6
    assert [one.tag for one in inbox.take(2, 0)] == [2, 3]
    inbox.put(Delivery(4, NORMAL, channels[NORMAL], 4))
    assert taken(inbox, 8, BULK) == {NORMAL: 1}
    now = 105.0
    assert [one.tag for one in inbox.take(8, 0, paused=[BULK])] == [1]


def test_set_aside_goes_with_its_channel() -> None:
    inbox, channels = filled(NORMAL, BULK, each=2)
    inbox.set_aside(inbox.take(4, 0), 60)
    assert inbox.remove(channels[BULK]) == [1, 2]
    assert (len(inbox), inbox.clear(), len(inbox)) == (2, 2, 0)
