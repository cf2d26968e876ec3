"""How many connections are opened: as many as are wanted, until one is refused beside others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailer.sessions.places import Places


def room(places: Places, now: float = 0, *, wanted: int = 100, **counts: int) -> int:
    return places.room(now, wanted=wanted, **({"working": 0, "opening": 0, "closing": 0} | counts))


def limited_to(limit: int) -> Places:
    places = Places(32, first_trial=5, longest_trial=30)
    assert places.refused(0, limit)
    return places


def test_first_three_are_opened_together_and_then_three_for_each_that_works() -> None:
    places = Places(32)
    assert room(places) == 3
    assert room(places, opening=3) == 0
    assert room(places, working=4) == 12
    assert room(places, working=16) == 16
    assert room(places, working=32) == 0


def test_no_more_than_are_wanted_or_than_there_are_places() -> None:
    places = Places(4)
    assert room(places, wanted=2) == 2
    assert room(places, wanted=2, opening=2) == 0
    assert room(places, wanted=0) == 0
    assert room(places, working=2, closing=1) == 1, "the server may still count it"


def test_refusal_beside_others_is_a_limit_and_one_more_is_tried_now_and_then() -> None:
    places = limited_to(10)
    assert (places.capacity, places.limited) == (10, True)
    assert room(places, 4.9, working=10) == 0
    assert room(places, 5, working=10) == 1
    assert room(places, 5, working=10, opening=1) == 0
    assert room(places, 0, working=8) == 2, "what it had may be opened again at once"
    waits = []
    now = 5.0
    for _ in range(4):
        assert not places.refused(now, 10), "no news"
        waits.append(places.until_next(now))
        now += waits[-1]
    assert waits == [10, 20, 30, 30]


def test_limit_that_rises_is_found_again_one_by_one_without_more_waits() -> None:
    places = limited_to(2)
    for working in range(2, 32):
        assert room(places, 5, working=working) == 1
        places.opened(working + 1)
    assert not places.limited
    assert room(places, 5, working=32) == 0


def test_refusals_of_one_burst_count_once() -> None:
    places = limited_to(3)
    for _ in range(7):
        places.refused(0.01, 3)
    assert places.until_next(0.01) == pytest.approx(4.99)


def test_refusal_just_after_we_left_is_tried_again_soon() -> None:
    places = Places(32)
    places.left(10)
    places.refused(10.5, 9)
    assert places.until_next(10.5) == pytest.approx(0.2)


def test_places_left_to_others_are_not_taken_back_at_once() -> None:
    places = limited_to(10)
    places.leave(6, 5)
    assert places.capacity == 5
    assert room(places, 6, working=5) == 0
    later = 6 + places.until_next(6)
    assert room(places, later, working=8) == 0, "these are still to be left"
    assert room(places, later, working=5) == 1
    places.refused(later, 8)
    assert places.capacity == 5, "a refusal never raises the limit"


@given(
    refusals=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50))),
    working=st.integers(0, 32),
    opening=st.integers(0, 32),
)
def test_there_is_always_a_place_and_never_more_than_wanted(
    refusals: list[tuple[float, int]], working: int, opening: int
) -> None:
    places = Places(32)
    for after, others in refusals:
        places.refused(after, others)
    assert 1 <= places.capacity <= 32
    assert 0 <= room(places, 1000, wanted=5, working=working, opening=opening) <= 5
    assert room(places, 1000, wanted=5) >= 1, "without any connection one is tried"
