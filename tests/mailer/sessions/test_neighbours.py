"""How mailers of one server divide the connections that it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows.store import Store
from postroom.mailer.sessions.neighbours import NOBODY, Neighbours, Others
from tests.support.sending import NOTHING


@pytest.mark.parametrize(
    ("others", "working", "idle", "kept"),
    [
        (NOBODY, 8, 8, 8),
        (Others(mailers=2, sessions=2), 8, 8, 8),
        (Others(mailers=2, sessions=2, wanting=2, of_wanting=2), 8, 0, 4),
        (Others(mailers=9, sessions=12, wanting=1, of_wanting=2), 8, 0, 5),
        (Others(mailers=2, sessions=6, wanting=2, of_wanting=6), 4, 0, 4),
        (Others(mailers=1, sessions=2, wanting=1, of_wanting=2), 4, 0, 4),
        (Others(mailers=1, sessions=1, wanting=1, of_wanting=1), 4, 3, 1),
        (Others(mailers=2, sessions=0, without=2, wanting=2), 9, 0, 3),
        (Others(mailers=2, sessions=1, without=1, wanting=1), 2, 0, 1),
        (Others(mailers=2, sessions=0, without=2, wanting=2), 1, 0, 1),
    ],
    ids=[
        "alone",
        "nobody wants more",
        "others have much fewer",
        "of those that want more only",
        "one more is no reason",
        "nor is it with two",
        "idle ones go",
        "two have none",
        "the second of two goes",
        "the only one stays",
    ],
)
def test_what_a_mailer_keeps(others: Others, working: int, idle: int, kept: int) -> None:
    assert others.leave_us(working, idle) == kept


def test_nothing_is_known_of_others_while_the_database_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def others(_store: Store, _server: str) -> tuple[int, ...]:
        raise DatabaseUnavailableError("gone")

    monkeypatch.setattr(Store, "others", others)
    store = Store(NOTHING, mailer="m", lease_seconds=60)
    assert Neighbours(store, "mail.example.org:25").look() is None


@given(st.lists(st.integers(0, 40), min_size=2, max_size=8))
def test_equal_parts_are_left_in_peace_and_unequal_ones_come_to_them(counts: list[int]) -> None:
    total = sum(counts)
    for _ in range(200):
        largest = max(range(len(counts)), key=counts.__getitem__)
        rest = counts[:largest] + counts[largest + 1 :]
        others = Others(
            mailers=len(rest),
            sessions=sum(rest),
            without=rest.count(0),
            wanting=len(rest),
            of_wanting=sum(rest),
        )
        free = counts[largest] - others.leave_us(counts[largest], idle=0)
        if not free:
            break
        counts[largest] -= free
        for _ in range(free):  # who has fewest takes it
            counts[min(range(len(counts)), key=counts.__getitem__)] += 1
    assert sum(counts) == total
    assert max(counts) - min(counts) <= 1 or max(counts) <= -(-total // len(counts)) + 1
    assert 0 not in counts or total < len(counts)
