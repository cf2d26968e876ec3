"""The result of one attempt, and the rows that are written from it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Retry, Unknown
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.shared.addresses import comparison_key
from postroom.shared.status import RecipientStatus, Status


class Result(NamedTuple):
    """The result of one attempt: outcomes by recipient id, and the decision made from them."""

    email: ClaimedEmail
    outcomes: Mapping[int, Outcome]
    decision: Decision
    duration_ms: int


def fence(emails: Sequence[ClaimedEmail]) -> dict[str, Any]:
    """Ids and claim tokens: every later statement checks them."""
    return {"ids": [e.id for e in emails], "tokens": [e.claim_token for e in emails]}


def result_row(result: Result) -> dict[str, Any]:
    """What `record` writes of an e-mail and its attempt."""
    email, decision = result.email, result.decision
    return {
        "id": email.id,
        "token": email.claim_token,
        "attempt": email.attempt,
        "duration": result.duration_ms,
        "status": decision.status,
        "counted": decision.counts,
        "delay": decision.delay_seconds or 0.0,
        "outcome": decision.attempt_outcome,
        "phase": decision.phase or "",
        "code": decision.reply.code if decision.reply else 0,
        "reply": _clean(decision.reply.text) if decision.reply else "",
        "error": _clean(decision.error),
        "repeat": decision.possible_repeat,
    }


def recipient_rows(result: Result) -> list[dict[str, Any]]:
    """What `record` writes of each address."""
    token, decision = result.email.claim_token, result.decision
    rows = [
        {
            "token": token,
            "id": recipient_id,
            "status": _recipient_status(outcome, decision),
            "code": outcome.reply.code,
            "reply": _clean(outcome.reply.text),
        }
        for recipient_id, outcome in result.outcomes.items()
    ]
    if decision.status is not Status.PENDING:
        rows += [
            {
                "token": token,
                "id": recipient.id,
                "status": RecipientStatus.SUPPRESSED,
                "code": 0,
                "reply": recipient.reason,
            }
            for recipient in result.email.recipients
            if recipient.suppressed
        ]
    return rows


def _recipient_status(outcome: Outcome, decision: Decision) -> RecipientStatus:
    match outcome:
        case Accepted():
            return RecipientStatus.ACCEPTED
        case Failed():
            return RecipientStatus.REFUSED
        case Unknown() if decision.status is not Status.PENDING:
            return RecipientStatus.UNKNOWN
        case Retry() if decision.status in (Status.FAILED, Status.PARTIAL):
            return RecipientStatus.REFUSED
        case Retry() | Unknown():
            return RecipientStatus.PENDING


def hard_bounces(result: Result) -> list[dict[str, str]]:
    """Addresses that do not exist, as the suppression list has them."""
    gone = {i: o for i, o in result.outcomes.items() if isinstance(o, Failed) and o.hard_bounce}
    return [
        {
            "address": comparison_key(recipient.address),
            "reason": _clean(f"{outcome.reply.code} {outcome.reply.text}"),
        }
        for recipient in (result.email.recipients if gone else ())
        if (outcome := gone.get(recipient.id))
    ]


def _clean(text: str) -> str:
    """Text that PostgreSQL can hold, of a sensible length: a server may answer anything."""
    if text.isascii() and "\x00" not in text:
        return text[:2000]
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]
