"""Adds an attempt that has ended to the trace: the last span of an e-mail."""

from typing import Final

from postroom.mailer.broker.inbox import Delivery
from postroom.mailer.rows.result import Result
from postroom.shared.status import AttemptOutcome
from postroom.shared.telemetry import tracing

_WELL: Final = (AttemptOutcome.ACCEPTED, AttemptOutcome.GIVEN_BACK)


def record(delivery: Delivery, result: Result) -> None:
    """Make the attempt's span, below the publishing of the message that brought the e-mail."""
    if not (spans := tracing.spans()):
        return
    email, decision = result.email, result.decision
    facts: dict[str, str | int] = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "process",
        "postroom.email.id": email.id,
        "postroom.email.type": email.email_type,
        "postroom.attempt": email.attempt,
        "postroom.lane": delivery.lane.value,
        "postroom.outcome": decision.attempt_outcome.value,
        "postroom.status": decision.status.value,
    }
    if decision.phase:
        facts["postroom.smtp.phase"] = decision.phase.value
    if decision.reply and decision.reply.code:
        facts["postroom.smtp.code"] = decision.reply.code
    spans.ended(
        "attempt",
        delivery.traceparent or email.traceparent,
        ms=result.duration_ms,
        facts=facts,
        error="" if decision.attempt_outcome in _WELL else decision.attempt_outcome.value,
    )
