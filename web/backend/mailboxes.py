"""Mailboxes of Django's messages, in the form that `send_email_task` takes."""

from collections.abc import Iterable
from email.utils import getaddresses
from typing import Any

from postroom.shared.addresses import canonical, same_key
from postroom.shared.header_rules import HeaderError, split_mailbox
from postroom.web.backend.texts import text_of
from postroom.web.emails.errors import UnsupportedMessageError


def mailboxes(values: Iterable[Any]) -> list[str]:
    """Each as `Ann <ann@example.org>`; empty ones are left out, as Django does."""
    return [mailbox(value) for value in values if value]


def mailbox(value: Any) -> str:
    """One mailbox; a name in encoded words is decoded (RFC 2047), and quoted where needed."""
    text = str(value)
    if "=?" not in text:
        return text
    try:
        name, address = split_mailbox(text)
    except HeaderError:
        return text  # the call refuses it
    return written(text_of(name), address)


def listed(field: str, value: Any) -> list[str]:
    """The mailboxes of a header field: `Ann <a@example.org>, b@example.org` (RFC 5322 3.4).

    Raises:
        UnsupportedMessageError: it is not a list of mailboxes. `undisclosed-recipients:;` is empty.
    """
    text = str(value)
    if text.strip().lower().replace(" ", "").rstrip(";") in ("undisclosed-recipients:", ""):
        return []
    found = [(text_of(name), address) for name, address in getaddresses([text])]
    if any("@" not in address for _, address in found):
        raise UnsupportedMessageError("headers", f"{field}: {text!r} is not a list of addresses")
    return [written(name, address) for name, address in found]


def written(name: str, address: str) -> str:
    """The mailbox with its name in quotes."""
    if not name:
        return address
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def key(value: str) -> str:
    """Equal for two mailboxes exactly if their addresses are one."""
    try:
        return same_key(canonical(split_mailbox(value)[1]))
    except HeaderError:
        return value
