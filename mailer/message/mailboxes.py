"""Mailboxes as header fields carry them (RFC 5322 3.4, RFC 6532, RFC 6857)."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from postroom.mailer.message.headers import TIDY, encoded_words, fold
from postroom.shared.addresses import ATEXT, wire_address
from postroom.shared.header_rules import check_text, split_mailbox, without_turns

WORD: Final = 65  # an encoded word in an address list: fits beside `Reply-To: ` on one line
Mailbox = Callable[[str, str], list[str]]  # display name and address to words to fold between

_ATOMS = re.compile(rf"[{ATEXT}]+(?: [{ATEXT}]+)*")


def mailbox(display_name: str, address: str) -> list[str]:
    """One mailbox as words to fold between: the name as atoms, quoted or encoded (RFC 5322 3.4).

    The name is written without what would turn the address behind it (`without_turns`).
    """
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
    name = without_turns(name).strip(" ")
    return [*encoded_words(name, WORD), f"<{wire}>"] if name else [wire]


def ascii_mailbox(display_name: str, address: str) -> list[str]:
    """The same for a server without SMTPUTF8, which must be given ASCII only.

    A mailbox that is not ASCII becomes the name of a group without members, as when a message is
    downgraded for an old reader (RFC 6857 3.1.8): everybody sees who else was written to, every
    parser takes it, and nobody's reply goes to an address that his server cannot send to.
    """
    if wire_address(address).isascii():
        return mailbox(display_name, address)
    check_text(display_name, "display name")
    shown = without_turns(f"{display_name} {address}").strip(" ")
    return [*encoded_words(shown, WORD), ":;"]


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
