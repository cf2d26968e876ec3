"""What makes two calls with one idempotency key the same call."""

import hashlib
import json

from postroom.web.emails.errors import IdempotencyConflictError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.insertion import NewEmail


def payload_hash(new: NewEmail, *, given: dict[str, str]) -> str:
    """SHA-256 over everything that makes two calls the same call.

    `given`: arguments with a default or a template behind them, as the caller gave them, so that
    a setting changed between two calls does not make them two e-mails.
    """
    values = new.values
    fields = [
        *("email_type", "reply_to", "headers", "language", "template_path", "context"),
        *("html_body", "plain_body", "source_app", "related_model_id", "tags", "metadata"),
        *("list_id", "priority"),
    ]
    payload = {**{name: values[name] for name in fields}, **given}
    times = (values.get("scheduled_at"), values["expires_at"])
    payload["times"] = [time and time.isoformat() for time in times]
    payload["recipients"] = [[a.kind.value, a.address, a.display_name] for a in new.addresses]
    payload["files"] = [[f.name, f.mimetype, f.sha256] for f in new.stored]
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def check_same_call(first: EmailQueue, new: NewEmail) -> None:
    """Make sure that the second call with a key asks for what the first one did.

    Raises:
        IdempotencyConflictError: it asks for something else.
    """
    if first.payload_hash != new.values["payload_hash"]:
        raise IdempotencyConflictError(
            "idempotency_key",
            f"{new.key!r} was used for e-mail {first.pk} with other arguments; "
            "use a new key for a new e-mail",
        )
