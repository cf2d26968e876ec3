"""The message `email.requested.v1`: an e-mail's id and no personal data.

It may be lost, repeated or late without harm, because the row is authoritative and a claim decides.
The dead-letter queue and the management page show message bodies, so it holds no address, subject
or body.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pika

from postroom.shared.errors import ContractError as ContractError

TYPE = "email.requested.v1"
_TYPE_PREFIX = "email.requested.v"


class EmailRequested(NamedTuple):
    """Asks a mailer to try e-mail `email_id`, for the `attempt`th time (from 1)."""

    email_id: int
    attempt: int
    email_type: str = ""
    source_app: str = ""
    traceparent: str = ""


def encode(event: EmailRequested, *, timestamp: int) -> tuple[bytes, pika.BasicProperties]:
    """Body and properties (AMQP 0-9-1 basic class) of the message; `timestamp` in Unix seconds."""
    headers: dict[str, object] = {
        "email_type": event.email_type,
        "source_app": event.source_app,
        "attempt": event.attempt,
    }
    if event.traceparent:
        headers["traceparent"] = event.traceparent
    properties = pika.BasicProperties(
        content_type="application/json",
        delivery_mode=2,
        type=TYPE,
        message_id=f"email-{event.email_id}-{event.attempt}",
        app_id="postroom",
        timestamp=timestamp,
        headers=headers,
    )
    return b'{"email_id":%d,"attempt":%d}' % (event.email_id, event.attempt), properties


def decode(
    body: bytes, message_type: str | None, headers: Mapping[str, Any] | None = None
) -> EmailRequested:
    """Read a message; of its headers only the `traceparent`, because the row has all others.

    Raises:
        ContractError: unknown type or version, or a body that is not the expected JSON object.
    """
    if message_type != TYPE:
        if (message_type or "").startswith(_TYPE_PREFIX):
            raise ContractError(
                f"version {message_type} is not known here; this mailer reads {TYPE}"
            )
        raise ContractError(f"type {message_type!r} is not {TYPE}")
    try:
        fields = json.loads(body.decode())
        email_id, attempt = fields["email_id"], fields["attempt"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContractError(f"body is not an e-mail request: {error!r}") from error
    # isinstance takes a bool for an int; `true` is not an id.
    if type(email_id) is not int or type(attempt) is not int or not 0 < email_id < 2**63:
        raise ContractError("email_id and attempt must be whole numbers, email_id from 1")
    traceparent = headers.get("traceparent", "") if headers else ""
    return EmailRequested(email_id=email_id, attempt=attempt, traceparent=str(traceparent))
