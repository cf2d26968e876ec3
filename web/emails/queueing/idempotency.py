"""Compares two calls with one idempotency key."""

import hashlib
import json
from typing import Any

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from postroom.web.emails.errors import IdempotencyConflictError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.models.email import UNIQUE_KEY
from postroom.web.emails.queueing.insertion import NewEmail


def payload_hash(new: NewEmail, *, given: dict[str, Any]) -> str:
    """A hash over everything that makes two calls the same call.

    `given`: arguments that a setting, a key or a template can fill in or add to, as the caller gave
    them. A setting changed between two calls then does not make them two e-mails.
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
    payload["files"] = [
        [f.name, f.mimetype, f.sha256, f.disposition, f.content_id] for f in new.stored
    ]
    if values.get("sensitive"):
        # Keyed: a plain hash would give a code of six digits away to anyone who tries them all.
        text = json.dumps(payload | {"sensitive": True}, sort_keys=True)
        return salted_hmac("postroom.payload", text, algorithm="sha256").hexdigest()
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def check_same_call(first: EmailQueue, new: NewEmail) -> None:
    """Make sure that the second call with a key has the arguments of the first one.

    Raises:
        IdempotencyConflictError: its arguments differ.
    """
    if first.payload_hash != new.values["payload_hash"]:
        raise IdempotencyConflictError(
            "idempotency_key",
            f"{new.key!r} was used for e-mail {first.pk} with other arguments; "
            "use a new key for a new e-mail",
        )


def is_duplicate_key(error: IntegrityError) -> bool:
    """Whether `error` says that an e-mail with this idempotency key exists already."""
    cause = error.__cause__
    # psycopg names the constraint, and SQLite the columns of its unique index.
    if diagnosis := getattr(cause, "diag", None):
        return bool(diagnosis.constraint_name == UNIQUE_KEY)
    return "postroom_emailqueue.idempotency_key" in str(cause)
