"""Options of the queue that travel with Django's messages, and where each comes from.

From the weakest to the strongest: `POSTROOM["BACKEND_DEFAULTS"]`; the OPTIONS of a mailer; a rule
(`rules.py`); `message.postroom`.
"""

from collections.abc import Mapping
from typing import Any, Final

from postroom.web.emails.errors import EmailRequestError
from postroom.web.settings_layers import own

# Arguments of `send_email_task` that mean something for many messages.
COMMON: Final = frozenset(
    {
        "email_type", "language", "list_id", "metadata", "on_unknown", "priority", "sensitive",
        "source_app", "tags",
    }
)  # fmt: skip
# And those of one message.
OWN: Final = COMMON | {
    "expires_at",
    "idempotency_key",
    "related_model_id",
    "scheduled_at",
    "thread",
}
USUAL: Final = {"email_type": "django"}


def defaults() -> dict[str, Any]:
    """`POSTROOM["BACKEND_DEFAULTS"]`.

    Raises:
        EmailRequestError: it has a name that is not an option.
    """
    found = own().get("BACKEND_DEFAULTS", {})
    check_names(found, COMMON, 'POSTROOM["BACKEND_DEFAULTS"]')
    return USUAL | dict(found)


def own_options(message: Any) -> dict[str, Any]:
    """`message.postroom`, a dict that the site's code may set.

    Raises:
        EmailRequestError: it is not a dict, or has a name that is not an option.
    """
    found = getattr(message, "postroom", None) or {}
    check_names(found, OWN, "message.postroom")
    return dict(found)


def check_names(options: Any, known: frozenset[str], where: str) -> None:
    """Make sure that `options` is a dict of known names.

    Raises:
        EmailRequestError: it is not; names the unknown ones.
    """
    if not isinstance(options, Mapping):
        raise EmailRequestError(where, f"must be a dict, not {type(options).__name__}")
    if unknown := sorted(str(name) for name in options if name not in known):
        raise EmailRequestError(
            where, f"has no option {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
