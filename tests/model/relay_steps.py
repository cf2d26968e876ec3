"""The relay's steps: unpublished, dropped, lost (web/emails/relaying/relay.py).

A second relay is not needed: the row is locked while one publishes it, and the others skip it.
"""

from collections.abc import Iterator

from tests.model.state import (
    CONFIRMED,
    ENDED,
    EXPIRED,
    FAILED,
    HAS,
    IN_DOUBT,
    MOST_MESSAGES,
    NONE,
    OTHER,
    PENDING,
    PROCESSING,
    REFUSED,
    REST,
    STAMPED,
    UNKNOWN,
    WAITS,
    State,
)
from tests.model.steps import OUTBOX, Contract, Kind, Move, step


@step("the relay locks and stamps the row", f"{OUTBOX}: take_due")
def take_due(contract: Contract, state: State) -> Iterator[Move]:
    """Not committed yet."""
    if (
        state.relay == REST
        and contract.guarded("take_due_pending", state.status == PENDING)
        and contract.guarded("take_due_unpublished", not state.published)
        and contract.guarded("take_due_due", state.due)
        and contract.guarded("take_due_expired", not state.over)
    ):
        yield 0, state._replace(relay=STAMPED)


@step("the relay publishes, and RabbitMQ confirms")
def publish(contract: Contract, state: State) -> Iterator[Move]:
    """web/emails/relaying/publisher.py"""
    if state.relay == STAMPED:
        ready = min(MOST_MESSAGES, state.ready + 1)
        yield 0, state._replace(relay=CONFIRMED, ready=ready, lost=False)


@step("the relay commits its stamp")
def commit_stamp(contract: Contract, state: State) -> Iterator[Move]:
    """The end of the transaction of `take_due`."""
    if state.relay == CONFIRMED:
        yield 0, state._replace(relay=REST, published=True)


@step("RabbitMQ does not confirm", f"{OUTBOX}: take_stamp_back", kind=Kind.FAULT)
def unconfirmed(contract: Contract, state: State) -> Iterator[Move]:
    """The message may have arrived all the same."""
    if state.relay == STAMPED:
        after = state._replace(relay=REST, published=not contract.has("stamp_taken_back"))
        yield 0, after
        yield 0, after._replace(ready=min(MOST_MESSAGES, state.ready + 1))


@step("the relay is killed", kind=Kind.FAULT)
def crash(contract: Contract, state: State) -> Iterator[Move]:
    """Its transaction rolls back; what it published stays published."""
    if state.relay != REST:
        stamped = state.published or not contract.has("stamp_in_one_transaction")
        yield 0, state._replace(relay=REST, published=stamped)


@step("the relay takes the e-mail back from a dropped claim", f"{OUTBOX}: take_back")
def take_back(contract: Contract, state: State) -> Iterator[Move]:
    """Back to pending, or to a state that an operator sees."""
    if (
        state.relay != REST
        or not contract.has("take_back")
        or not contract.guarded("take_back_processing", state.status == PROCESSING)
        or not contract.guarded("take_back_lease", state.lease == ENDED)
    ):
        return
    handed = state.handed and contract.has("take_back_handed")
    maybe_sent = not contract.hold or handed
    used_up = state.left <= 0 and contract.has("take_back_used_up")
    if maybe_sent and (contract.hold or used_up):
        status, person = UNKNOWN, IN_DOUBT
    elif used_up:
        status, person = FAILED, REFUSED
    else:
        status, person = PENDING, WAITS
    shown = maybe_sent and contract.has("take_back_logged")
    yield (
        0,
        state._replace(
            status=status,
            token=0,
            lease=NONE,
            handed=False,
            published=state.published and not contract.has("take_back_published"),
            due=True,
            person=person if state.person == WAITS else state.person,
            explained=state.explained + shown,
        ),
    )


@step("the relay expires the e-mail", f"{OUTBOX}: expire")
def expire(contract: Contract, state: State) -> Iterator[Move]:
    """Its `expires_at` has passed."""
    if (
        state.relay == REST
        and contract.guarded("expire_pending", state.status == PENDING)
        and contract.guarded("expire_over", state.over)
        and state.status != EXPIRED
    ):
        yield 0, state._replace(status=EXPIRED)


@step(
    "the relay finds the message lost",
    f"{OUTBOX}: forget_lost",
    f"{OUTBOX}: lanes_with_old_messages",
)
def forget_lost(contract: Contract, state: State) -> Iterator[Move]:
    """Published long ago and still pending, although the queue is empty."""
    if not _in_hand(state):
        yield from _forgotten(contract, state)


@step(
    "the relay takes a message for lost that a mailer has held for long",
    f"{OUTBOX}: forget_lost",
    kind=Kind.FAULT,
)
def forget_held(contract: Contract, state: State) -> Iterator[Move]:
    """The queue is empty, and nothing shows the relay what a mailer has not yet claimed."""
    if _in_hand(state):
        yield from _forgotten(contract, state)


def _forgotten(contract: Contract, state: State) -> Iterator[Move]:
    if (
        state.relay == REST
        and contract.has("forget_lost")
        and contract.guarded("forget_lost_pending", state.status == PENDING)
        and contract.guarded("forget_lost_empty", state.ready == 0)
        and state.published
    ):
        yield 0, state._replace(published=False)


def _in_hand(state: State) -> bool:
    return any(mailer.at in (HAS, OTHER) for mailer in state.mailers)
