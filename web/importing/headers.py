"""Splits the header fields of an old e-mail: those Postroom sets itself, and the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Any, Final

from postroom.web.importing.old_mail import UnreadableMailError

# The mailer generates these for every message.
_OURS: Final = frozenset({"date", "mime-version", "content-type", "content-transfer-encoding"})


@dataclass(slots=True)
class OldHeaders:
    """The fields that have an argument of their own, and the others."""

    message_id: str = ""
    from_email: str = ""
    reply_to: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)


def split_headers(headers: Mapping[str, Any]) -> OldHeaders:
    """Split the `headers` of an old e-mail; `send_email_task` checks the others.

    Raises:
        UnreadableMailError: not a dict.
    """
    if not isinstance(headers, Mapping):
        raise UnreadableMailError(f"its headers are {type(headers).__name__}, not a dict")
    found = OldHeaders()
    for name, value in headers.items():
        match str(name).lower():
            case "message-id":
                found.message_id = str(value)
            case "from":
                found.from_email = str(value)
            case "reply-to":
                found.reply_to = _mailboxes(str(value))
            case lower if lower not in _OURS:
                found.others[str(name)] = str(value)
    return found


def _mailboxes(text: str) -> list[str]:
    """The mailboxes of `Ann <a@example.org>, b@example.org`, names in quotes (RFC 5322 3.4)."""
    pairs = getaddresses([text])
    return [f'"{_quoted(name)}" <{address}>' if name else address for name, address in pairs]


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
