"""What operators and users do to the row, at any moment."""

from collections.abc import Iterator

from postroom.shared.status import REQUEUEABLE
from tests.model.state import (
    ACCEPTED,
    BARRED,
    CANCELLED,
    COMPLETED,
    IN_DOUBT,
    MAX_ATTEMPTS,
    PENDING,
    REFUSED,
    REST,
    UNKNOWN,
    WAITS,
    State,
)
from tests.model.steps import PEOPLE, SQL, Contract, Kind, Move, step

_REQUEUEABLE = frozenset(status.value for status in REQUEUEABLE)


@step("an operator requeues the e-mail", f"{PEOPLE}: requeue", kind=Kind.PERSON)
def requeue(contract: Contract, state: State) -> Iterator[Move]:
    """With a full set of attempts; only to recipients that did not accept it and may be mailed."""
    if state.relay != REST or not contract.guarded("requeue_from", state.status in _REQUEUEABLE):
        return
    # Nor, in the code, where everyone accepted it; here that would hide `requeue_recipients`.
    if not contract.guarded("requeue_reachable", not state.listed):
        return
    again = state.person in (REFUSED, IN_DOUBT, BARRED) or not contract.has("requeue_recipients")
    yield (
        0,
        state._replace(
            status=PENDING,
            published=state.published and not contract.has("requeue_published"),
            due=True,
            over=False,
            left=MAX_ATTEMPTS,
            person=WAITS if again else state.person,
            decisions=state.decisions + (state.status == UNKNOWN),
        ),
    )


@step("an operator cancels the e-mail", f"{PEOPLE}: cancel", kind=Kind.PERSON)
def cancel(contract: Contract, state: State) -> Iterator[Move]:
    """Only before it is claimed."""
    if state.relay == REST and contract.guarded("cancel_pending", state.status == PENDING):
        yield 0, state._replace(status=CANCELLED)


@step("an operator marks the e-mail as arrived", f"{PEOPLE}: confirm_arrived", kind=Kind.PERSON)
def confirm_arrived(contract: Contract, state: State) -> Iterator[Move]:
    """The one way to `completed` that no server's reply stands behind."""
    if state.relay == REST and contract.guarded("arrived_unknown", state.status == UNKNOWN):
        person = {IN_DOUBT: ACCEPTED, WAITS: REFUSED}.get(state.person, state.person)
        yield (
            0,
            state._replace(
                status=COMPLETED,
                person=person,
                on_record=state.on_record or person == ACCEPTED,
                arrived=True,
            ),
        )


@step("an operator pauses the lane", f"{SQL}: pause", kind=Kind.PERSON)
def pause(contract: Contract, state: State) -> Iterator[Move]:
    """What is claimed already is finished."""
    if not state.paused:
        yield 0, state._replace(paused=True)


@step("the pause ends", f"{SQL}: resume")
def resume(contract: Contract, state: State) -> Iterator[Move]:
    """Costs nothing: every pause ends."""
    if state.paused:
        yield 0, state._replace(paused=False)


@step("the address is added to the suppression list", kind=Kind.PERSON)
def suppress(contract: Contract, state: State) -> Iterator[Move]:
    """Between queueing and sending."""
    if not state.listed:
        yield 0, state._replace(listed=True)


@step(
    "an operator allows the address again",
    f"{PEOPLE}: allow",
    kind=Kind.PERSON,
)
def allow(contract: Contract, state: State) -> Iterator[Move]:
    """At any moment; a requeue of a suppressed e-mail follows it, or none does."""
    if state.listed:
        yield 0, state._replace(listed=False)
