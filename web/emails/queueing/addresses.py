"""Checks the addresses of one call: recipients, sender, reply-to."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from postroom.shared.addresses import canonical, canonical_domain, same_key, wire_address
from postroom.shared.header_rules import HeaderError, check_text, split_mailbox
from postroom.shared.status import RecipientKind
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError


class Address(NamedTuple):
    """A checked address with its kind (To, Cc or Bcc) and display name."""

    kind: RecipientKind
    address: str
    display_name: str


def check_address(value: object, field: str) -> tuple[str, str]:
    """(address, display name) of `ann@example.org` or `Ann <ann@example.org>` (RFC 5322 3.4).

    Raises:
        EmailRequestError: not one valid address.
    """
    if not isinstance(value, str):
        raise EmailRequestError(field, f"{value!r} is not an e-mail address (text is expected)")
    try:
        return _parse_address(value)
    except HeaderError as error:
        raise EmailRequestError(field, f"{value!r} is not an e-mail address: {error}") from error


def _parse_address(value: str) -> tuple[str, str]:
    if plain := _PLAIN.fullmatch(value):
        # A site's recipients share few domains (see what-speed-costs: plain addresses).
        return f"{plain[1]}@{canonical_domain(plain[2])}", ""
    return _parse_any_address(value)


# Local parts that are canonical already, within all limits of length.
_PLAIN = re.compile(r"([a-z0-9_+-]{1,20}(?:\.[a-z0-9_+-]{1,20}){0,2})@([A-Za-z0-9.-]{1,150})")


@lru_cache(maxsize=2048)
def _parse_any_address(value: str) -> tuple[str, str]:
    name, address = split_mailbox(value)
    check_text(name, "display name", 255)
    return canonical(address), name


def check_recipients(to: object, cc: object, bcc: object) -> list[Address]:
    """Every address once: To before Cc before Bcc.

    Raises:
        EmailRequestError: no recipient, too many, or one that is not an address.
    """
    found: dict[str, Address] = {}
    for field, kind, values in (
        ("recipients", RecipientKind.TO, to),
        ("cc", RecipientKind.CC, cc),
        ("bcc", RecipientKind.BCC, bcc),
    ):
        for value in _as_list(values, field):
            address, name = check_address(value, field)
            found.setdefault(same_key(address), Address(kind, address, name))
    if not found:
        raise EmailRequestError("recipients", "is empty; give at least one address")
    if len(found) > conf.email_max_recipients:
        raise EmailRequestError(
            "recipients",
            f"{len(found)} addresses; at most {conf.email_max_recipients} in one e-mail "
            "(EMAIL_MAX_RECIPIENTS). Queue one e-mail per recipient instead",
        )
    return list(found.values())


def check_list(values: object, field: str) -> list[str]:
    """Checked addresses for a header field, in the form they will have there."""
    items = [*_as_list(values, field)]  # a copy: an EmailBatch stores it later
    for value in items:
        check_address(value, field)
    return items


def _as_list(values: object, field: str) -> list[str]:
    if values is None or type(values) is list:
        return values or []
    # Iterating over a string would give letters; the caller means one address.
    if isinstance(values, str):
        return [values]
    if not isinstance(values, Iterable):
        raise EmailRequestError(field, f"must be a list of addresses, not {type(values).__name__}")
    return list(values)


@lru_cache(maxsize=256)
def message_domain(sender: str) -> str:
    """The sender's domain for a Message-ID (RFC 5322 3.6.4): ASCII, at most 200 characters.

    Raises:
        EmailRequestError: the sender is not an address, or its domain is too long.
    """
    address = check_address(sender, "from_email")[0]
    domain = wire_address(address).rpartition("@")[2]
    if len(domain) > 200:
        raise EmailRequestError("from_email", "has a domain of more than 200 characters")
    return domain
