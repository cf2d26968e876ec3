"""What one attempt came to, and how it travels to the database: a column a value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailer.claimed import ClaimedEmail
from mailer.outcome import Accepted, Failed, Outcome, Retry, Unknown
from mailer.retry_policy import Decision
from shared.status import RecipientStatus, Status


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt came to: outcomes by recipient id, and what was decided from them."""

    email: ClaimedEmail
    outcomes: Mapping[int, Outcome]
    decision: Decision
    duration_ms: int


def fence(emails: Sequence[ClaimedEmail]) -> dict[str, Any]:
    """Ids and claim tokens: what every later statement is guarded by."""
    return {"ids": [e.id for e in emails], "tokens": [e.claim_token for e in emails]}


def result_columns(results: Sequence[Result]) -> dict[str, list[Any]]:
    """What `record` writes of each e-mail and its attempt."""
    decisions = [result.decision for result in results]
    return {
        **fence([result.email for result in results]),
        "attempts": [result.email.attempt for result in results],
        "durations": [result.duration_ms for result in results],
        "statuses": [d.status.value for d in decisions],
        "counted": [d.counts for d in decisions],
        "delays": [d.delay_seconds or 0.0 for d in decisions],
        "outcomes": [d.attempt_outcome.value for d in decisions],
        "phases": [d.phase.value if d.phase else "" for d in decisions],
        "codes": [d.reply.code if d.reply else 0 for d in decisions],
        "replies": [_clean(d.reply.text) if d.reply else "" for d in decisions],
        "errors": [_clean(d.error) for d in decisions],
        "repeats": [d.possible_repeat for d in decisions],
    }


def recipient_columns(results: Sequence[Result]) -> dict[str, list[Any]]:
    """What `settle_recipients` writes of each address."""
    names = ("ids", "tokens", "statuses", "codes", "replies")
    columns: dict[str, list[Any]] = {name: [] for name in names}

    def add(recipient_id: int, status: RecipientStatus, code: int, reply: str) -> None:
        columns["ids"].append(recipient_id)
        columns["tokens"].append(result.email.claim_token)
        columns["statuses"].append(status.value)
        columns["codes"].append(code)
        columns["replies"].append(_clean(reply))

    for result in results:
        for recipient_id, outcome in result.outcomes.items():
            status = _recipient_status(outcome, result.decision)
            add(recipient_id, status, outcome.reply.code, outcome.reply.text)
        if result.decision.status is not Status.PENDING:
            for recipient in result.email.recipients:
                if recipient.suppressed:
                    add(recipient.id, RecipientStatus.SUPPRESSED, 0, "on the suppression list")
    return columns


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


def hard_bounces(results: Sequence[Result]) -> dict[str, list[str]]:
    """Addresses that do not exist, for the suppression list."""
    columns: dict[str, list[str]] = {"addresses": [], "reasons": []}
    for result in results:
        addresses = {r.id: r.address for r in result.email.recipients}
        for recipient_id, outcome in result.outcomes.items():
            if isinstance(outcome, Failed) and outcome.hard_bounce:
                columns["addresses"].append(addresses[recipient_id])
                columns["reasons"].append(_clean(f"{outcome.reply.code} {outcome.reply.text}"))
    return columns


def _clean(text: str) -> str:
    """Text that PostgreSQL can hold, of a sensible length: servers answer anything."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:2000]
