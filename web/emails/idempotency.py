"""What makes two calls with one idempotency key the same call."""

import hashlib
import json
from collections.abc import Sequence

from web.emails.addresses import Address
from web.emails.attachments import StoredFile
from web.emails.errors import IdempotencyConflict
from web.emails.models import EmailQueue


def payload_hash(
    row: EmailQueue,
    addresses: Sequence[Address],
    stored: Sequence[StoredFile],
    *,
    given: dict[str, str],
) -> str:
    """SHA-256 over everything that makes two calls the same call.

    `given`: arguments with a default or a template behind them, as the caller gave them, so that
    a setting changed between two calls does not make them two e-mails.
    """
    fields = [
        *("email_type", "reply_to", "headers", "language", "template_path", "context"),
        *("html_body", "plain_body", "source_app", "related_model_id", "tags", "metadata"),
        *("list_id", "priority"),
    ]
    payload = {**{name: getattr(row, name) for name in fields}, **given}
    payload["times"] = [t and t.isoformat() for t in (row.scheduled_at, row.expires_at)]
    payload["recipients"] = [[a.kind.value, a.address, a.display_name] for a in addresses]
    payload["files"] = [[f.name, f.mimetype, f.sha256] for f in stored]
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def check_same_call(first: EmailQueue, row: EmailQueue) -> None:
    """Make sure that the second call with a key asks for what the first one did.

    Raises:
        IdempotencyConflict: it asks for something else.
    """
    if first.payload_hash != row.payload_hash:
        raise IdempotencyConflict(
            "idempotency_key",
            f"{row.idempotency_key!r} was used for e-mail {first.pk} with other arguments; "
            "use a new key for a new e-mail",
        )
