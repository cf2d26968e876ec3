"""A mailer's steps with messages and claims (mailer/claiming.py), and its sudden ends."""

from collections.abc import Iterator

from tests.model.state import (
    BARRED,
    CLAIMED,
    CLEARED,
    DONE,
    DOT,
    GRANTED,
    HAS,
    IDLE,
    MOST_MESSAGES,
    NOTHING,
    OTHER,
    PENDING,
    PROCESSING,
    REST,
    RESULT,
    RUNNING,
    SUPPRESSED,
    UNSURE,
    WAITS,
    Late,
    Mailer,
    State,
    unused_token,
    with_mailer,
)
from tests.model.steps import SQL, Contract, Kind, Move, step

IN_HAND = frozenset({CLAIMED, GRANTED, CLEARED, DOT, RESULT, UNSURE})


def mailers(state: State, *places: str) -> Iterator[tuple[int, Mailer]]:
    """The mailers that are at one of `places`; of two equal ones only the first."""
    first, second = state.mailers
    if first.at in places:
        yield 0, first
    if second.at in places and second != first:
        yield 1, second


def claimed(contract: Contract, state: State) -> tuple[State, Mailer | None]:
    """The statement `claim`: the row after it, and what the mailer has then."""
    if (
        state.listed
        and contract.guarded("suppress_pending", state.status == PENDING)
        and contract.guarded("suppress_waits", state.person == WAITS)
    ):
        barred = BARRED if state.person == WAITS else state.person
        return state._replace(status=SUPPRESSED, person=barred), None
    if not (
        contract.guarded("claim_pending", state.status == PENDING)
        and contract.guarded("claim_due", state.due)
        and contract.guarded("claim_expired", not state.over)
        and contract.guarded("claim_paused", not state.paused)
    ):
        return state, None
    token = unused_token(state) if contract.has("claim_new_token") else 1
    last = state.left <= 1
    to_send = state.person == WAITS
    after = state._replace(
        status=PROCESSING,
        token=token,
        left=state.left - 1,
        lease=RUNNING,
        lost=False,
        handed=state.handed and not contract.has("claim_clears_hand_over"),
    )
    if to_send:
        return after, Mailer(CLAIMED, token, last, state.on_record)
    return after, Mailer(RESULT, token, last, state.on_record, NOTHING)


@step("a mailer receives a message", at=(IDLE,))
def receive(contract: Contract, state: State) -> Iterator[Move]:
    """mailer/broker/lane.py"""
    if state.ready:
        for place, mailer in mailers(state, IDLE):
            kept = contract.has("acknowledge_after_claim")
            holds = mailer._replace(at=HAS, message=kept)
            yield 0, with_mailer(state._replace(ready=state.ready - 1), place, holds)
            return


@step("it claims", f"{SQL}: claim", at=(HAS,))
def claim(contract: Contract, state: State) -> Iterator[Move]:
    """Waits for the relay's lock."""
    if state.relay != REST:
        return
    for place, mailer in mailers(state, HAS):
        after, mine = claimed(contract, state)
        if mine is None:
            yield 0, with_mailer(after, place, mailer._replace(at=OTHER))
        else:
            keeps = mailer.message and contract.has("acknowledge_after_record")
            yield mine.token, with_mailer(after, place, mine._replace(message=keeps))


@step("it claims and gets no answer", f"{SQL}: claim", kind=Kind.FAULT, at=(HAS,))
def claim_unanswered(contract: Contract, state: State) -> Iterator[Move]:
    """The message is put back, in hand; what the statement does later, nobody sees."""
    if state.late is None:
        for _place, _mailer in mailers(state, HAS):
            yield 0, state._replace(late=Late("claim"))


@step("it looks whether the e-mail still waits", f"{SQL}: still_due", at=(OTHER,))
def look_at_others(contract: Contract, state: State) -> Iterator[Move]:
    """Without a claim: keeps the message of an e-mail that is paused, settles others."""
    for place, mailer in mailers(state, OTHER):
        keeps = state.status == PENDING and state.due and not state.over
        keeps = keeps and contract.has("settle_still_due")
        yield 0, with_mailer(state, place, mailer._replace(at=HAS if keeps else DONE))


@step("it has the message published again", f"{SQL}: publish_again", kind=Kind.FAULT, at=(HAS,))
def publish_again(contract: Contract, state: State) -> Iterator[Move]:
    """Stands for a message that was redelivered ten times, so it costs a fault."""
    if state.relay == REST:
        for place, mailer in mailers(state, HAS):
            if contract.guarded("publish_again_pending", state.status == PENDING):
                after = state._replace(published=False)
            else:
                after = state
            yield 0, with_mailer(after, place, mailer._replace(at=DONE))


@step("it acknowledges or rejects its message", at=(DONE,))
def acknowledge(contract: Contract, state: State) -> Iterator[Move]:
    """mailer/broker/inbox.py `settle`."""
    for place, mailer in mailers(state, DONE):
        yield mailer.token, with_mailer(state, place, Mailer())


@step("it is killed", kind=Kind.FAULT)
def crash(contract: Contract, state: State) -> Iterator[Move]:
    """At any moment; the broker delivers an unacknowledged message again."""
    for place, mailer in enumerate(state.mailers):
        if mailer.at != IDLE:
            ready = min(MOST_MESSAGES, state.ready + mailer.message)
            yield mailer.token, with_mailer(state._replace(ready=ready), place, Mailer())


@step("it loses its connection to the broker", kind=Kind.FAULT)
def lose_connection(contract: Contract, state: State) -> Iterator[Move]:
    """Its acknowledgement will do nothing, and the message is delivered again."""
    for place, mailer in enumerate(state.mailers):
        if mailer.message:
            ready = min(MOST_MESSAGES, state.ready + 1)
            if mailer.at in (HAS, OTHER, DONE):
                mailer = Mailer()
            after = with_mailer(state._replace(ready=ready), place, mailer._replace(message=False))
            yield mailer.token, after
