"""When the recording thread was last seen: while it works, not while it has nothing to do."""

import math
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import psycopg
import pytest

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.errors import DatabaseUnavailableError, RowLockedError
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.pipeline import Pipeline
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.leases import Leases
from postroom.mailer.rows.recorder import Recorder
from postroom.mailer.rows.result import Result
from postroom.mailer.sessions.line import InHand
from postroom.shared.status import AttemptOutcome, Priority, Status
from tests.support.sending import sending_with
from tests.support.waits import PATIENCE, wait_until

ACCEPTED = Decision(Status.COMPLETED, AttemptOutcome.ACCEPTED)
FAILED = Decision(Status.FAILED, AttemptOutcome.FAILED, dead_letter=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postroom.mailer.rows.recorder._RETRY_SECONDS", 0.001)
    monkeypatch.setattr("postroom.mailer.pipeline.LATE_SECONDS", 0.001)


class Lane:
    """Takes acknowledgements, or cannot."""

    broken = False

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.rejected: list[int] = []

    def settle(self, tags: Any, *, acknowledge: bool) -> None:
        if self.broken:
            raise RuntimeError("no lane")
        (self.acknowledged if acknowledge else self.rejected).extend(tags)

    def give_back(self, tags: Sequence[int]) -> None:
        raise AssertionError(f"nothing is given back: {tags}")


class Store:
    """Each call takes what the test puts in next: an error to raise, or an event to wait for."""

    def __init__(self, *events: Any) -> None:
        self.seen: list[float] = []
        self.recorder = Recorder(self)  # type: ignore[arg-type]
        self.events = list(events)
        self.committed: dict[str, bool] = {}
        self.held: set[int] = set()
        self.written: list[int] = []

    def record(self, results: list[Result]) -> set[str]:
        self.seen.append(self.recorder.seen)
        event = self.events.pop(0) if self.events else None
        if isinstance(event, Exception):
            raise event
        if event:
            assert event.wait(PATIENCE)
        if any(result.email.id in self.held for result in results):
            raise RowLockedError("lock time-out")
        self.written += [result.email.id for result in results]
        return {result.email.claim_token for result in results}

    def recorded(self, _: Any) -> dict[str, bool]:
        return self.committed

    def locked(self, ids: list[int], *, recipients: bool) -> set[int]:
        assert recipients, "a result is written to them too"
        return set(ids) & self.held


def pipeline_of(
    store: Store, lane: Lane, mails: int = 1, decision: Decision = ACCEPTED, first: int = 1
) -> Pipeline:
    nothing: Any = None
    pipeline = Pipeline(
        readiness=nothing,
        claiming=nothing,
        pace=nothing,
        leases=Leases(60),
        sending=sending_with(1),
        recorder=store.recorder,
    )
    batch = []
    for i in range(first, first + mails):
        email = ClaimedEmail(
            i, f"t{i}", 1, 8, datetime.now(UTC), f"<{i}@example.org>", "x", "S", "f@example.org"
        )
        delivery = Delivery(i, Priority.NORMAL, lane, i)
        batch.append((InHand(email, delivery), Result(email, {}, decision, 1)))
    pipeline.sending.results.put(batch)
    return pipeline


def test_blocked_recorder_is_last_seen_when_it_began() -> None:
    going_on = threading.Event()
    store = Store(going_on)
    pipeline = pipeline_of(store, Lane())
    assert store.recorder.seen == math.inf
    before = monotonic()
    thread = threading.Thread(target=pipeline.record_step)
    thread.start()
    wait_until(lambda: bool(store.seen))
    assert before <= store.recorder.seen <= monotonic()
    going_on.set()
    thread.join(PATIENCE)
    assert store.recorder.seen == math.inf


def test_recorder_comes_round_at_each_try_while_the_database_is_away() -> None:
    store = Store(DatabaseUnavailableError("away"), DatabaseUnavailableError("away"))
    pipeline_of(store, Lane()).record_step()
    first, second, third = store.seen
    assert first < second < third


def test_recorder_comes_round_at_each_of_many_that_are_recorded_one_by_one() -> None:
    store = Store(psycopg.DataError("one cannot be written"))
    pipeline_of(store, Lane(), mails=3).record_step()
    assert len(store.seen) == 4
    assert store.seen == sorted(set(store.seen))


def test_step_that_raises_leaves_nobody_watched() -> None:
    store, lane = Store(), Lane()
    lane.broken = True
    with pytest.raises(RuntimeError):
        pipeline_of(store, lane).record_step()
    assert store.recorder.seen == math.inf


def test_batch_that_fails_for_a_reason_nobody_thought_of_is_recorded_one_by_one() -> None:
    store = Store(RuntimeError("a fault of ours"))
    pipeline = pipeline_of(store, Lane(), mails=2)
    pipeline.record_step()
    assert len(store.seen) == 3
    assert len(pipeline.leases) == 0


def test_a_known_result_is_not_thrown_away_when_the_database_leaves_amid_one_by_one() -> None:
    one_cannot = psycopg.DataError("one cannot be written")
    store = Store(
        one_cannot, None, DatabaseUnavailableError("away"), DatabaseUnavailableError("away")
    )
    pipeline_of(store, Lane(), mails=3).record_step()
    assert store.written == [1, 2, 3]


def test_result_that_cannot_be_written_is_shortened_although_the_database_left_before() -> None:
    one_cannot = psycopg.DataError("one cannot be written")
    store = Store(one_cannot, DatabaseUnavailableError("away"), one_cannot)
    pipeline_of(store, Lane()).record_step()
    assert store.written == [1]
    assert len(store.seen) == 4


@pytest.mark.fault(47)
def test_what_was_committed_with_its_answer_lost_is_not_recorded_again_one_by_one() -> None:
    store = Store(RuntimeError("after the commit"))
    store.committed = {"t1": True}
    pipeline = pipeline_of(store, Lane(), mails=2)
    batch = pipeline.sending.results.get()
    assert batch is not None
    results = [result for _, result in batch]
    assert store.recorder.record(results) == {"t1": True, "t2": True}
    assert store.written == [2]


def test_given_up_amid_one_by_one_ends_the_waiting() -> None:
    away = DatabaseUnavailableError("away")
    store = Store(psycopg.DataError("one cannot be written"), None, away, away)
    store.recorder.give_up.set()
    pipeline = pipeline_of(store, Lane(), mails=3)
    pipeline.record_step()
    assert store.written == [1]
    assert len(pipeline.leases) == 0


def test_locked_row_is_recorded_later_and_its_message_settled_then() -> None:
    store, lane = Store(), Lane()
    pipeline = pipeline_of(store, lane, mails=3)
    store.held = {2}
    assert pipeline.record_step()
    assert (store.written, lane.acknowledged) == ([1, 3], [1, 3])
    pipeline.sending.results.put(None)
    assert pipeline.record_step(), "the last result is not recorded yet"
    assert store.written == [1, 3]
    store.held = set()
    assert not pipeline.record_step()
    assert (store.written, lane.acknowledged) == ([1, 3, 2], [1, 3, 2])
    assert store.recorder.seen == math.inf


def none_locked(ids: list[int], *, recipients: bool) -> set[int]:
    return set()


def test_lock_on_something_else_than_the_rows_costs_one_e_mail_its_turn() -> None:
    store, lane = Store(), Lane()
    store.locked = none_locked  # type: ignore[method-assign]
    store.held = {2}
    pipeline = pipeline_of(store, lane, mails=3)
    pipeline.record_step()
    assert (store.written, lane.acknowledged) == ([1, 3], [1, 3])
    tries = len(store.seen)
    pipeline.sending.results.put(pipeline_of(store, lane, first=4).sending.results.get())
    pipeline.record_step()
    assert (store.written, lane.acknowledged) == ([1, 3, 4], [1, 3, 4])
    assert len(store.seen) == tries + 1, "what waits is left out for a while"
    pipeline.sending.results.put(None)
    assert pipeline.record_step(), "tried at the end without that wait"
    store.held = set()
    assert not pipeline.record_step()
    assert (store.written, lane.acknowledged) == ([1, 3, 4, 2], [1, 3, 4, 2])


def test_result_of_a_locked_row_is_given_up_with_the_rest() -> None:
    store, lane = Store(), Lane()
    store.held = {2}
    store.recorder.give_up.set()
    pipeline = pipeline_of(store, lane, mails=3, decision=FAILED)
    pipeline.sending.results.put(None)
    assert not pipeline.record_step()
    assert (lane.rejected, lane.acknowledged) == ([1, 3], [2])
    assert len(pipeline.leases) == 0


def test_message_of_a_claim_that_did_not_stand_is_no_dead_letter() -> None:
    store, lane = Store(DatabaseUnavailableError("answer lost")), Lane()
    store.committed = {"t1": False}
    store.recorder._wary = True
    pipeline_of(store, lane, mails=2, decision=FAILED).record_step()
    assert (lane.acknowledged, lane.rejected) == ([1], [2])


@pytest.mark.fault(48)
def test_locked_table_is_waited_for_as_an_absent_database_is() -> None:
    store, lane = Store(), Lane()
    looks = 0

    def locked(ids: list[int], *, recipients: bool) -> set[int]:
        nonlocal looks
        looks += 1
        if looks < 4:
            raise RowLockedError("a migration is at work")
        store.held = set()
        return set()

    store.locked = locked  # type: ignore[method-assign]
    store.held = {1, 2, 3}
    pipeline_of(store, lane, mails=3).record_step()
    assert (len(store.seen), looks) == (2, 4), "not one by one"
    assert (store.written, lane.acknowledged) == ([1, 2, 3], [1, 2, 3])


def test_given_up_waits_for_no_more_than_one_lock_of_many() -> None:
    store, lane = Store(), Lane()
    store.locked = none_locked  # type: ignore[method-assign]
    store.held = {1, 2, 3}
    store.recorder.give_up.set()
    pipeline_of(store, lane, mails=3).record_step()
    assert len(store.seen) == 3, "the batch twice, and one alone"
    assert lane.acknowledged == [1, 2, 3]
