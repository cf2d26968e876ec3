"""The SMTP server, the broker, the clock, and statements that take effect late."""

from collections.abc import Iterator

from tests.model.claiming_steps import IN_HAND, claimed, mailers
from tests.model.record import record
from tests.model.sending_steps import handed_over
from tests.model.state import (
    ACCEPTED,
    CLAIMED,
    CLEARED,
    DOT,
    ENDED,
    FAILED,
    MOST_MESSAGES,
    NO_ANSWER,
    OUTAGE,
    PENDING,
    REST,
    RESULT,
    RETRY,
    RUNNING,
    UNSURE,
    State,
    with_mailer,
)
from tests.model.steps import SQL, Contract, Kind, Move, step


@step("it writes the final dot, and the server accepts the e-mail", at=(CLEARED,))
def dot_accepted(contract: Contract, state: State) -> Iterator[Move]:
    """The copy exists from here on, whatever becomes of the reply."""
    for place, mailer in mailers(state, CLEARED):
        after = state._replace(copies=state.copies + 1, resent=state.resent or mailer.repeats)
        yield mailer.token, with_mailer(after, place, mailer._replace(at=DOT, result=ACCEPTED))


@step("it writes the final dot, and the server refuses the e-mail", kind=Kind.FAULT, at=(CLEARED,))
def dot_refused(contract: Contract, state: State) -> Iterator[Move]:
    """A reply 4yz or 5yz."""
    for place, mailer in mailers(state, CLEARED):
        for result in (RETRY, FAILED):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=DOT, result=result))


@step("the final dot does not reach the server", kind=Kind.FAULT, at=(CLEARED,))
def dot_lost(contract: Contract, state: State) -> Iterator[Move]:
    """The mailer cannot see the difference to a lost reply."""
    for place, mailer in mailers(state, CLEARED):
        unknown = mailer._replace(at=RESULT, result=NO_ANSWER)
        yield mailer.token, with_mailer(state, place, unknown)


@step("the server refuses it before the final dot", kind=Kind.FAULT, at=(CLAIMED,))
def refused_before_dot(contract: Contract, state: State) -> Iterator[Move]:
    """For now, for good, or because the server itself cannot be used."""
    for place, mailer in mailers(state, CLAIMED):
        for result in (RETRY, FAILED, OUTAGE):
            yield mailer.token, with_mailer(state, place, mailer._replace(at=RESULT, result=result))


@step("the server's reply arrives", at=(DOT,))
def reply_arrives(contract: Contract, state: State) -> Iterator[Move]:
    """The outcome is certain."""
    for place, mailer in mailers(state, DOT):
        yield mailer.token, with_mailer(state, place, mailer._replace(at=RESULT))


@step("the server's reply is lost", kind=Kind.FAULT, at=(DOT,))
def reply_lost(contract: Contract, state: State) -> Iterator[Move]:
    """The outcome cannot be known."""
    for place, mailer in mailers(state, DOT):
        unknown = mailer._replace(at=RESULT, result=NO_ANSWER)
        yield mailer.token, with_mailer(state, place, unknown)


@step(
    "the statement that had no answer takes effect",
    f"{SQL}: claim",
    f"{SQL}: hand_over",
    f"{SQL}: record",
    fenced=True,
)
def late_statement(contract: Contract, state: State) -> Iterator[Move]:
    """Its server process had not noticed that the client was gone."""
    late = state.late
    if late is None or state.relay != REST:
        return
    state = state._replace(late=None)
    if late.statement == "claim":
        yield 0, claimed(contract, state)[0]
    elif late.statement == "record":
        after = record(contract, state, late.token, late.last, late.result)
        for place, mailer in mailers(state, UNSURE):
            if mailer.token == late.token:
                after = with_mailer(after, place, mailer._replace(recorded=True))
        yield late.token, after
    elif handed_over(contract, state, late.token):
        yield late.token, state._replace(handed=True)


@step("the statement that had no answer never takes effect")
def no_late_statement(contract: Contract, state: State) -> Iterator[Move]:
    """It was not committed."""
    if state.late is not None:
        yield 0, state._replace(late=None)


@step("RabbitMQ loses its messages", kind=Kind.FAULT)
def broker_loses(contract: Contract, state: State) -> Iterator[Move]:
    """A purge, a lost disk, a message redelivered too often."""
    if state.ready:
        yield 0, state._replace(ready=0, lost=state.status == PENDING)


@step("a second copy of the message appears", kind=Kind.FAULT)
def broker_duplicates(contract: Contract, state: State) -> Iterator[Move]:
    """A publication that had failed arrives after all, or a person publishes one."""
    if state.ready < MOST_MESSAGES:
        yield 0, state._replace(ready=state.ready + 1)


@step("the lease of a mailer that is gone ends")
def lease_ends(contract: Contract, state: State) -> Iterator[Move]:
    """No mailer knows this claim, so no mailer renews it."""
    if state.lease == RUNNING and not _held(state):
        yield 0, state._replace(lease=ENDED)


@step("the lease ends while its mailer is frozen", kind=Kind.FAULT)
def lease_ends_under_mailer(contract: Contract, state: State) -> Iterator[Move]:
    """Frozen, cut off from the database, or slow; it wakes at any later moment."""
    if state.lease == RUNNING and _held(state):
        yield 0, state._replace(lease=ENDED)


def _held(state: State) -> bool:
    return any(m.token == state.token and m.at in IN_HAND for m in state.mailers)


@step("the retry falls due")
def retry_due(contract: Contract, state: State) -> Iterator[Move]:
    """`next_attempt_at` has come."""
    if state.status == PENDING and not state.due:
        yield 0, state._replace(due=True)


@step("`expires_at` passes", kind=Kind.PERSON)
def age(contract: Contract, state: State) -> Iterator[Move]:
    """Counted among the acts of people, who set it."""
    if not state.over:
        yield 0, state._replace(over=True)
