"""A mailer's steps from the claim to the recorded result (mailer/attempt.py, mailer/rows)."""

from collections.abc import Iterator

from tests.model.claiming_steps import IN_HAND, mailers
from tests.model.record import record
from tests.model.state import (
    CLAIMED,
    CLEARED,
    DONE,
    ENDED,
    GIVEN_BACK,
    GRANTED,
    REST,
    RESULT,
    RUNNING,
    UNSURE,
    Late,
    Mailer,
    State,
    with_mailer,
)
from tests.model.steps import SQL, Contract, Kind, Move, step


def ours(state: State, mailer: Mailer) -> bool:
    """Whether its lease certainly holds: it ends here before it ends in the database."""
    return state.token == mailer.token and state.lease == RUNNING


@step("its lease is renewed", f"{SQL}: renew", fenced=True, at=IN_HAND)
def renew(contract: Contract, state: State) -> Iterator[Move]:
    """Also a lease that has ended, if nobody took the e-mail back."""
    if state.lease == ENDED and state.relay == REST:
        for mailer in state.mailers:
            if mailer.at in IN_HAND and contract.guarded(
                "renew_token", mailer.token == state.token
            ):
                yield mailer.token, state._replace(lease=RUNNING)


@step("it asks for the hand-over", f"{SQL}: hand_over", fenced=True, at=(CLAIMED,))
def hand_over(contract: Contract, state: State) -> Iterator[Move]:
    """Only `hold` e-mails."""
    if not contract.hold or state.relay != REST:
        return
    for place, mailer in mailers(state, CLAIMED):
        if not contract.has("hand_over"):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=GRANTED))
        elif handed_over(contract, state, mailer.token):
            after = state._replace(handed=True)
            yield mailer.token, with_mailer(after, place, mailer._replace(at=GRANTED))
        else:
            yield mailer.token, with_mailer(state, place, _gives_back(mailer))


def handed_over(contract: Contract, state: State, token: int) -> bool:
    """Whether the statement `hand_over` finds the row."""
    return contract.guarded("hand_over_token", state.token == token) and contract.guarded(
        "hand_over_lease", state.lease == RUNNING
    )


@step(
    "it asks for the hand-over and gets no answer",
    f"{SQL}: hand_over",
    kind=Kind.FAULT,
    at=(CLAIMED,),
)
def hand_over_unanswered(contract: Contract, state: State) -> Iterator[Move]:
    """No final dot follows."""
    if contract.hold and state.late is None:
        for place, mailer in mailers(state, CLAIMED):
            after = state._replace(late=Late("hand_over", mailer.token))
            yield mailer.token, with_mailer(after, place, _gives_back(mailer))


@step("it checks its lease", at=(CLAIMED, GRANTED))
def check_lease(contract: Contract, state: State) -> Iterator[Move]:
    """mailer/rows/leases.py `is_ours`; what is no longer ours is given back unsent."""
    for place, mailer in mailers(state, GRANTED if contract.hold else CLAIMED):
        if contract.guarded("lease_checked", ours(state, mailer)):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=CLEARED))
        else:
            yield mailer.token, with_mailer(state, place, _gives_back(mailer))


@step("it checks its lease by a clock that stood still", kind=Kind.FAULT, at=(CLAIMED, GRANTED))
def check_lease_wrongly(contract: Contract, state: State) -> Iterator[Move]:
    """A suspended machine: the monotonic clock did not count."""
    for place, mailer in mailers(state, GRANTED if contract.hold else CLAIMED):
        if not ours(state, mailer):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=CLEARED))


@step("it stops, and gives the e-mail back", kind=Kind.FAULT, at=(CLAIMED,))
def stop(contract: Contract, state: State) -> Iterator[Move]:
    """What is claimed and not begun."""
    for place, mailer in mailers(state, CLAIMED):
        yield mailer.token, with_mailer(state, place, _gives_back(mailer))


@step("it records the result", f"{SQL}: record", fenced=True, at=(RESULT,))
def record_result(contract: Contract, state: State) -> Iterator[Move]:
    """Waits for the relay's lock."""
    if state.relay != REST:
        return
    for place, mailer in mailers(state, RESULT):
        after = record(contract, state, mailer.token, mailer.last, mailer.result)
        yield mailer.token, with_mailer(after, place, mailer._replace(at=DONE))


@step("it records the result and gets no answer", f"{SQL}: record", kind=Kind.FAULT, at=(RESULT,))
def record_unanswered(contract: Contract, state: State) -> Iterator[Move]:
    """Committed at once, later, or never: the mailer cannot know."""
    if state.late is None:
        for place, mailer in mailers(state, RESULT):
            late = Late("record", mailer.token, mailer.last, mailer.result)
            after = state._replace(late=late)
            yield mailer.token, with_mailer(after, place, mailer._replace(at=UNSURE))


@step("it looks whether its result is recorded", f"{SQL}: already_recorded", at=(UNSURE,))
def look_at_log(contract: Contract, state: State) -> Iterator[Move]:
    """If not, it records again (mailer/rows/recorder.py)."""
    for place, mailer in mailers(state, UNSURE):
        there = mailer.recorded
        if there and contract.has("already_recorded"):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=DONE))
        else:
            after = state._replace(doubled=state.doubled or there)
            yield mailer.token, with_mailer(after, place, mailer._replace(at=RESULT))


@step("it stops without having recorded", kind=Kind.FAULT, at=(RESULT, UNSURE))
def give_up(contract: Contract, state: State) -> Iterator[Move]:
    """The database is away at the end of a stop: the message is settled, the lease ends."""
    for place, mailer in mailers(state, RESULT, UNSURE):
        yield mailer.token, with_mailer(state, place, mailer._replace(at=DONE))


def _gives_back(mailer: Mailer) -> Mailer:
    return mailer._replace(at=RESULT, result=GIVEN_BACK)
