"""The message `email.requested.v1`: an e-mail's id and no personal data.

It may be lost, repeated or late without harm, because the row is authoritative and a claim decides.
The dead-letter queue and the management page show message bodies, so it holds no address, subject
or body. A user who may publish can put anything into a message: `decode` trusts nothing in it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pika

from postroom.shared.errors import ContractError as ContractError
from postroom.shared.errors import DeadlyMessageError as DeadlyMessageError

TYPE = "email.requested.v1"
_TYPE_PREFIX = "email.requested.v"
LONGEST_BODY: Final = 65_536  # octets; ours has some 40, and a later version may have more
DEATHS: Final = "x-death"
_INSTALLATION: Final = re.compile(r"[0-9a-f]{16}")
_TRACEPARENT: Final = re.compile(r"[0-9a-f-]{1,55}")


class EmailRequested(NamedTuple):
    """Asks a mailer to try e-mail `email_id`, for the `attempt`th time (from 1).

    `installation`: the database that has the e-mail (web/emails/relaying/installation.py).
    `alone`: two claims of it ended with their mailer, so no other e-mail shall be in hand together
    with it.
    `returned`: how often RabbitMQ has delivered this message before.
    """

    email_id: int
    attempt: int
    email_type: str = ""
    source_app: str = ""
    traceparent: str = ""
    installation: str = ""
    alone: bool = False
    returned: int = 0


def encode(event: EmailRequested, *, timestamp: int) -> tuple[bytes, pika.BasicProperties]:
    """Body and properties (AMQP 0-9-1 basic class) of the message; `timestamp` in Unix seconds."""
    headers: dict[str, object] = {
        "email_type": event.email_type,
        "source_app": event.source_app,
        "attempt": event.attempt,
    }
    if event.installation:
        headers["installation"] = event.installation
    if event.alone:
        headers["alone"] = True
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
    body: bytes, message_type: object, headers: Mapping[Any, Any] | None = None
) -> EmailRequested:
    """Read a message; of its headers those that the row does not have.

    A `traceparent` that is invalid is left out: no e-mail is lost for a trace.

    Raises:
        DeadlyMessageError: acknowledge it; it must not be rejected.
        ContractError: unknown type or version, a body that is not the expected JSON object, or a
            header that is not of its type. Nothing else, whatever the arguments hold.
    """
    headers = headers or {}
    if DEATHS in headers and not _are_deaths(headers[DEATHS]):
        raise DeadlyMessageError(
            f"the header {DEATHS} is not RabbitMQ's own, which would fail to add to it"
        )
    _check_type(message_type)
    email_id, attempt = _read_body(body)
    traceparent = headers.get("traceparent")
    return EmailRequested(
        email_id=email_id,
        attempt=attempt,
        traceparent=str(traceparent) if _is_text(traceparent, _TRACEPARENT) else "",
        installation=_read_installation(headers),
        alone=headers.get("alone") is True,
        returned=_read_count(headers),
    )


def _are_deaths(value: object) -> bool:
    """Whether RabbitMQ can read this header, to which it adds when it dead-letters a message.

    RabbitMQ 3.10 and its quorum queues do not survive another: its dead-letter worker ends, begins
    again with the same message, and in the end takes all quorum queues of the node with it.
    """
    return isinstance(value, list) and all(
        isinstance(death, dict)
        and isinstance(death.get("queue"), str)
        and isinstance(death.get("reason"), str)
        and type(death.get("count")) is int
        and isinstance(death.get("exchange"), str)
        and isinstance(death.get("routing-keys"), list)
        and all(isinstance(key, str) for key in death["routing-keys"])
        for death in value
    )


def _check_type(message_type: object) -> None:
    if isinstance(message_type, str):
        if message_type == TYPE:
            return
        if message_type.startswith(_TYPE_PREFIX):
            raise ContractError(
                f"version {message_type} is not known here; this mailer reads {TYPE}"
            )
    raise ContractError(f"type {message_type!r:.300} is not {TYPE}")


def _read_body(body: bytes) -> tuple[int, int]:
    if len(body) > LONGEST_BODY:
        raise ContractError(f"body is longer than {LONGEST_BODY} octets")
    try:
        fields = json.loads(body.decode())
        email_id, attempt = fields["email_id"], fields["attempt"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContractError(f"body is not an e-mail request: {error!r:.300}") from error
    # isinstance takes a bool for an int; `true` is not an id.
    if type(email_id) is not int or type(attempt) is not int or not 0 < email_id < 2**63:
        raise ContractError("email_id and attempt must be whole numbers, email_id from 1")
    return email_id, attempt


def _read_installation(headers: Mapping[Any, Any]) -> str:
    value = headers.get("installation", "")
    if value != "" and not _is_text(value, _INSTALLATION):
        raise ContractError("the header installation is not 16 hexadecimal digits")
    return str(value)


def _read_count(headers: Mapping[Any, Any]) -> int:
    """What RabbitMQ itself counts in a quorum queue; a publisher may have forged it."""
    count = headers.get("x-delivery-count", 0)
    if type(count) is not int or count < 0:
        raise ContractError("the header x-delivery-count is not a whole number")
    return count


def _is_text(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
