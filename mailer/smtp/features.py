"""What a server offers in its reply to EHLO (RFC 5321 4.1.1.1)."""

from dataclasses import dataclass

from postroom.mailer.outcomes.outcome import Reply

_LONGEST_SIZE = 20  # digits (RFC 1870 4)


@dataclass(frozen=True, slots=True)
class Features:
    """What EHLO offered. `size`: largest message in bytes; 0: no limit, None: not offered."""

    pipelining: bool = False
    smtputf8: bool = False
    chunking: bool = False
    starttls: bool = False
    size: int | None = None
    auth: frozenset[str] = frozenset()


def offered(reply: Reply) -> Features:
    """The extensions in a reply to EHLO; lines that make no sense are passed over."""
    offers: dict[str, list[str]] = {}
    for line in reply.text.split("\n")[1:]:
        if words := line.upper().split():
            offers.setdefault(words[0], []).extend(words[1:])
    return Features(
        pipelining="PIPELINING" in offers,
        smtputf8="SMTPUTF8" in offers,
        chunking="CHUNKING" in offers,
        starttls="STARTTLS" in offers,
        size=_size(offers["SIZE"]) if "SIZE" in offers else None,
        auth=frozenset(offers.get("AUTH", ())),
    )


def _size(words: list[str]) -> int:
    """The limit in bytes; 0 (any size) for what is not a number as in RFC 1870."""
    number = words[0] if words else ""
    # int() refuses 4,300 digits and more, and takes those of other scripts.
    sound = number.isascii() and number.isdigit() and len(number) <= _LONGEST_SIZE
    return int(number) if sound else 0
