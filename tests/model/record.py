"""What `decide` and the statement `record` make of a result."""

from tests.model.state import (
    ACCEPTED,
    COMPLETED,
    FAILED,
    GIVEN_BACK,
    IN_DOUBT,
    NO_ANSWER,
    NONE,
    NOTHING,
    OUTAGE,
    PENDING,
    REFUSED,
    RETRY,
    UNKNOWN,
    WAITS,
    State,
)
from tests.model.steps import Contract


def record(contract: Contract, state: State, token: int, last: bool, result: str) -> State:
    """The row, its recipient and the log after `record` for the claim `token`."""
    status, person = _decide(contract, state, last, result)
    if not contract.guarded("record_token", state.token == token):
        state = state._replace(explained=state.explained + 1)  # logged as fenced
        if result == ACCEPTED:
            return _settle(contract, state, ACCEPTED)
        return state if contract.has("record_recipients") else _settle(contract, state, person)
    if result == NO_ANSWER and contract.has("no_answer_logged"):
        state = state._replace(explained=state.explained + 1)
    waits = status == PENDING
    uncounted = result in (OUTAGE, GIVEN_BACK)
    return _settle(
        contract,
        state._replace(
            status=status,
            token=0,
            lease=NONE,
            handed=False,
            left=state.left + 1 if uncounted else state.left,
            published=state.published and not (waits and contract.has("record_published")),
            due=result == GIVEN_BACK if waits else state.due,
        ),
        person,
    )


def _decide(contract: Contract, state: State, last: bool, result: str) -> tuple[str, str]:
    """The state of the e-mail and of its recipient, as `mailer/outcomes/retry_policy.py`."""
    used_up = last and contract.has("attempts_bounded")
    if result == ACCEPTED:
        return COMPLETED, ACCEPTED
    if result == NO_ANSWER:
        stops = used_up or (contract.hold and contract.has("hold_stops"))
        return (UNKNOWN, IN_DOUBT) if stops else (PENDING, WAITS)
    if result == NOTHING:
        return (COMPLETED if state.person == ACCEPTED else FAILED), state.person
    if result == FAILED or (result == RETRY and used_up):
        return FAILED, REFUSED
    return PENDING, WAITS


def _settle(contract: Contract, state: State, person: str) -> State:
    if contract.guarded("record_accepted", state.person != ACCEPTED):
        state = state._replace(person=person)
    return state._replace(on_record=state.on_record or person == ACCEPTED)
