"""What must hold in every state, and across every step.

I1 (nothing is lost) is about what can still happen and is checked by `explore.py`.
"""

from typing import Final

from postroom.shared.status import ARROWS, FINISHED
from tests.model.state import (
    ACCEPTED,
    CANCELLED,
    COMPLETED,
    ENDED,
    EXPIRED,
    FAILED,
    HAS,
    IDLE,
    OTHER,
    PENDING,
    PROCESSING,
    REST,
    SUPPRESSED,
    State,
)
from tests.model.steps import Contract, Kind, Step

NO_LOSS: Final = "I1: the e-mail waits for ever: no step leads on to a final state"
LIED: Final = "I2: ended as not sent, and neither a copy nor its doubt is in the log"
HONEST: Final = "I2: completed, and the SMTP server accepted no copy"
UNEXPLAINED: Final = "I3: there are more copies than the log explains"
HELD: Final = "I3: a `hold` e-mail was repeated without a decision"
RESENT: Final = "I3: sent to a recipient who was on record as accepted"
TAKEN: Final = "I4: a claim was taken from a mailer whose lease was running"
TWO_OWNERS: Final = "I4: an e-mail was claimed that was not pending"
FENCE: Final = "I4: a mailer that had lost its claim changed the row"
DOUBLED: Final = "I4: one claim has two results in the log"
ATTEMPTS: Final = "I5: more attempts than allowed"
FINAL: Final = "I6: a transition that does not exist, or out of a final state without a person"
REOPENED: Final = "I6: a recipient who had accepted no longer has"
STRANDED: Final = "I7: waits for its message, which no longer exists though RabbitMQ lost none"
TOO_EARLY: Final = "I11: claimed before it was due, after `expires_at`, or in a paused lane"
TOO_SOON_OVER: Final = "I11: expired before `expires_at`"

_ARROWS: Final = {(a.value, b.value) for a, to in ARROWS.items() for b in to}
_FINISHED: Final = frozenset(status.value for status in FINISHED)
_NOT_SENT: Final = frozenset({CANCELLED, EXPIRED, FAILED, SUPPRESSED})
_ROW: Final = State._fields.index("person")  # the fields before it are the row's


def settled(state: State) -> bool:
    """Whether nothing is owed: the e-mail ended, or waits for an operator who sees it."""
    return state.status in _FINISHED


def broken_state(contract: Contract, state: State) -> str:
    """The invariant that this state breaks; empty if none."""
    copies = state.copies
    if state.status == COMPLETED and not copies and not state.arrived:
        return HONEST
    if state.resent:
        return RESENT
    if contract.hold and copies > 1 + state.decisions:
        return HELD
    if (
        copies
        and state.status != PROCESSING
        and state.late is None
        and all(mailer.at == IDLE for mailer in state.mailers)
    ):
        if copies > 1 + state.explained:
            return UNEXPLAINED
        if state.status in _NOT_SENT and not state.explained:
            return LIED
    if state.doubled:
        return DOUBLED
    if state.left < 0:
        return ATTEMPTS
    if (
        state.status == PENDING
        and state.published
        and state.relay == REST
        and not (state.ready or state.lost or state.over)
        and all(mailer.at not in (HAS, OTHER) for mailer in state.mailers)
    ):
        return STRANDED
    return ""


def broken_step(step: Step, token: int, before: State, after: State) -> str:
    """The invariant that this step breaks; empty if none. `token`: the claim it names."""
    if before.person == ACCEPTED and after.person != ACCEPTED:
        return REOPENED
    if step.fenced and token and token != before.token and _changes(before, after):
        return FENCE
    if before.token != after.token:
        if before.token and before.token != token and before.lease != ENDED:
            return TAKEN
        if after.token:
            if before.status != PENDING:
                return TWO_OWNERS
            if before.over or before.paused or not before.due:
                return TOO_EARLY
    if before.status == after.status:
        return ""
    if (before.status, after.status) not in _ARROWS:
        return FINAL
    if before.status in _FINISHED and step.kind is not Kind.PERSON:
        return FINAL
    if after.status == EXPIRED and not before.over:
        return TOO_SOON_OVER
    return ""


def _changes(before: State, after: State) -> bool:
    """Whether the row changed; that a recipient accepted may be added at any time."""
    if before.person != after.person and after.person != ACCEPTED:
        return True
    return before[:_ROW] != after[:_ROW]
