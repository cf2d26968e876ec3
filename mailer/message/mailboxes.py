"""Addresses as header fields and envelope carry them (RFC 5321 4.1.2, RFC 5322 3.4, RFC 6532)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import idna

from postroom.mailer.message.headers import ATEXT, TIDY, encoded_words, fold
from postroom.shared.header_rules import MAX_ADDRESS, HeaderError, check_text, split_mailbox

WORD: Final = 65  # an encoded word in an address list: fits beside `Reply-To: ` on one line

_ATOMS = re.compile(rf"[{ATEXT}]+(?: [{ATEXT}]+)*")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_ADDRESS = re.compile(
    rf"[{ATEXT}]+(?:\.[{ATEXT}]+)*@(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Za-z.:]+\])"
)
_LOCAL_UTF8 = re.compile(rf"[\x80-\U0010ffff{ATEXT}]+(?:\.[\x80-\U0010ffff{ATEXT}]+)*")
_QUOTED_LOCAL = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])+"')
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@lru_cache(maxsize=256)  # headers, envelope and results each need it
def wire_address(address: str) -> str:
    """The address as headers and envelope carry it: an international domain as xn-- (RFC 5891).

    A local part that is not ASCII stays UTF-8 and needs SMTPUTF8 (RFC 6531): the result is then
    not ASCII.

    Raises:
        HeaderError: it is not `local@domain` (RFC 5321 4.1.2).
    """
    if _ADDRESS.fullmatch(address) and len(address) <= MAX_ADDRESS:
        return address
    check_text(address, "address", MAX_ADDRESS)
    local, at, domain = address.rpartition("@")
    sound = _LOCAL_UTF8.fullmatch(local) and local.isprintable()
    if not at or not (sound or _QUOTED_LOCAL.fullmatch(local)):
        raise HeaderError("It is not an address like name@example.org (RFC 5321 4.1.2).")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise HeaderError("Its domain is not a valid international name.") from None
    if not _DOMAIN.fullmatch(domain):
        raise HeaderError("Its domain is not a host name.")
    return f"{local}@{domain}"


def mailbox(display_name: str, address: str) -> list[str]:
    """One mailbox as words to fold between: the name as atoms, quoted or encoded (RFC 5322 3.4)."""
    wire = wire_address(address)
    name = display_name.strip(" ")
    if not name:
        return [wire]
    if len(name) <= WORD and TIDY.fullmatch(name) and "=?" not in name:
        if not _ATOMS.fullmatch(name):
            name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        whole = f"{name} <{wire}>"
        return [whole] if len(whole) <= WORD else [name, f"<{wire}>"]
    check_text(name, "display name")
    return [*encoded_words(name, WORD), f"<{wire}>"]


@lru_cache(maxsize=64)
def sender(value: str) -> tuple[tuple[str, ...], str]:
    """`Ann <ann@example.org>` as words to fold between, and its address as the envelope has it.

    Cached, because a site has few senders.
    """
    name, address = split_mailbox(value)
    return tuple(mailbox(name, address)), wire_address(address)


def address_list(name: str, mailboxes: Iterable[Iterable[str]]) -> str:
    """An address field, folded between mailboxes where possible."""
    words: list[str] = []
    for box in mailboxes:
        words += box
        words[-1] += ","
    words[-1] = words[-1][:-1]
    return fold(name, words)
