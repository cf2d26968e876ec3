"""Claims that go round what nobody can have now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from postroom.mailer.broker.inbox import Delivery, Inbox
from postroom.mailer.circuit import Pace
from postroom.mailer.claiming import Claiming
from postroom.mailer.errors import DatabaseUnavailableError, RowLockedError
from postroom.mailer.metrics import Metrics
from postroom.mailer.pipeline import Pipeline
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.leases import Leases
from postroom.shared.status import Priority
from tests.support.sending import sending_with

NOTHING: Any = None


class Channel:
    """Notes what is acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        assert acknowledge
        self.acknowledged += tags

    def give_back(self, tags: Sequence[int]) -> None:
        raise AssertionError(f"nothing is given back: {tags}")


class Store:
    """Rows by their ids: some locked, some unreadable, some finished; all others are due."""

    def __init__(self) -> None:
        self.held: set[int] = set()
        self.unreadable: set[int] = set()
        self.finished: set[int] = set()
        self.away_after = 1000
        self.claims = 0

    def claim(self, ids: Sequence[int]) -> list[ClaimedEmail]:
        self.claims += 1
        if self.claims > self.away_after:
            raise DatabaseUnavailableError("gone")
        if self.held & set(ids):
            raise RowLockedError("lock time-out")
        if self.unreadable & set(ids):
            raise RuntimeError("invalid page")
        due = sorted(set(ids) - self.finished)
        self.finished |= set(due)
        return [
            ClaimedEmail(i, f"t{i}", 1, 8, datetime.now(UTC), "<i@x.org>", "x", "S", "f@x.org")
            for i in due
        ]

    def locked(self, ids: Sequence[int]) -> set[int]:
        return set(ids) & self.held

    def still_due(self, ids: Sequence[int]) -> set[int]:
        return set(ids) - self.finished


class Pauses:
    """Nothing is paused, so what is due and was not claimed is locked."""

    def held_back(self, store: Store, others: list[Delivery]) -> list[Delivery]:
        due = store.still_due([delivery.email_id for delivery in others])
        return [delivery for delivery in others if delivery.email_id in due]


class Claims:
    """A Claiming on five messages, its store and its inbox."""

    def __init__(self, ids: Sequence[int] = (1, 2, 3, 4, 5)) -> None:
        self.channel = Channel()
        self.store = Store()
        self.inbox = Inbox()
        self.now = 100.0
        self.alive = 0
        self.claiming = Claiming(
            self.store,  # type: ignore[arg-type]
            self.inbox,
            Pauses(),  # type: ignore[arg-type]
            Metrics(),
            self.show_life,
        )
        for tag, email_id in enumerate(ids, start=1):
            self.inbox.put(Delivery(email_id, Priority.NORMAL, self.channel, tag))

    def show_life(self) -> None:
        self.alive += 1

    def step(self) -> list[int]:
        """As the pipeline does it; what is ours."""
        items, others = self.claiming.claim(self.inbox.take(100, 0))
        if others:
            self.claiming.settle_others(others)
        return [item.email.id for item in items]


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Claims:
    made = Claims()
    for module in ("claiming", "broker.inbox"):
        monkeypatch.setattr(f"postroom.mailer.{module}.monotonic", lambda: made.now)
    return made


def test_locked_row_is_gone_round_and_claimed_when_it_is_free(claims: Claims) -> None:
    claims.store.held = {2}
    assert claims.step() == [1, 3, 4, 5]
    for _ in range(30):  # as long as it may take
        claims.now += 1
        assert claims.step() == []
    assert claims.store.claims == 32, "none waited for the lock but the first"
    claims.store.held = set()
    claims.now += 1
    assert claims.step() == [2]
    assert claims.channel.acknowledged == []


def test_locks_of_a_moment_do_not_keep_claims_wary(claims: Claims) -> None:
    """As a relay has them: other rows each time."""
    claims.store.held = {2}
    claims.step()
    for tag in range(6, 60):
        claims.now += 0.5
        claims.store.held = {tag}
        claims.inbox.put(Delivery(tag, Priority.NORMAL, claims.channel, tag))
        if not claims.claiming._wary:
            break
        claims.step()
    else:
        raise AssertionError("wary for ever")
    assert tag > 20


def test_rows_that_were_locked_for_a_moment_are_forgotten(claims: Claims) -> None:
    claims.store.held = {2, 3, 4, 5}
    claims.step()
    claims.store.held = {5}  # for ever, so that claims stay wary
    claims.store.finished |= {4}  # by another mailer
    for _ in range(30):
        claims.now += 1
        claims.step()
    assert claims.claiming._wary
    assert claims.claiming._locked == {5}


def test_while_a_row_is_locked_second_copies_are_still_acknowledged(claims: Claims) -> None:
    claims.store.held, claims.store.finished = {2}, {4}
    assert claims.step() == [1, 3, 5]
    assert claims.channel.acknowledged == [4]


def test_claims_wait_for_locks_again_after_a_while(claims: Claims) -> None:
    claims.store.held = {2}
    claims.step()
    claims.store.held = set()
    claims.now += 60
    claims.step()
    before = claims.store.claims
    claims.store.locked = NOTHING  # type: ignore[method-assign]
    claims.inbox.put(Delivery(6, Priority.NORMAL, claims.channel, 6))
    assert claims.step() == [6]
    assert claims.store.claims == before + 1


def test_row_that_cannot_be_read_is_asked_for_again_after_a_minute(claims: Claims) -> None:
    claims.store.unreadable = {2}
    assert claims.step() == [1, 3, 4, 5]
    assert claims.alive == 5, "one by one may take long"
    claims.now += 59
    assert claims.inbox.take(100, 0) == []
    claims.now += 1
    claims.store.unreadable = set()
    assert claims.step() == [2]
    assert claims.channel.acknowledged == []


def test_database_that_leaves_amid_one_by_one_costs_nobody_its_message(claims: Claims) -> None:
    claims.store.unreadable = {2}
    claims.store.away_after = 3  # the batch, 1 and 2
    assert claims.step() == [1]
    claims.store.away_after = 1000
    assert claims.step() == [3, 4, 5]
    claims.now += 60
    claims.store.unreadable = set()
    assert claims.step() == [2]


def test_database_that_is_away_leaves_all_where_they_were(claims: Claims) -> None:
    claims.store.away_after = 0
    with pytest.raises(DatabaseUnavailableError):
        claims.step()
    assert [delivery.tag for delivery in claims.inbox.take(100, 0)] == [1, 2, 3, 4, 5]


@pytest.mark.fault(73)
def test_slowed_mailer_claims_one_at_a_time_after_an_idle_spell_too() -> None:
    pace = Pace(first=0.001)
    pipeline = Pipeline(
        readiness=NOTHING,
        claiming=NOTHING,
        pace=pace,
        leases=Leases(60),
        sending=sending_with(8),
        recorder=NOTHING,
    )
    assert pipeline._room() == 8
    pace.record_slow_down(monotonic() - 60)  # the next place is long past
    assert pipeline._room() == 1
