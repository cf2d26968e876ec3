"""What a reply means by itself, whichever command it answers (RFC 5321 4.2, RFC 3463)."""

import functools
import re
from typing import Final

from postroom.mailer.errors import Fault, WireError
from postroom.mailer.outcomes.outcome import Reply
from postroom.shared.telemetry.masking import mask_addresses

NO_REPLY: Final = Reply(0, "")

_ABOUT_US = frozenset({530, 534, 535, 538})  # RFC 4954 6
_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.10"})  # RFC 3463 3.2, RFC 7505
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_GREYLIST = re.compile(r"gr[ae]y-?list", re.IGNORECASE)
_THROTTLE = re.compile(r"\brate\b|throttl|too (?:many|fast|much)|unusual", re.IGNORECASE)
_FULL = re.compile(r"quota|\bfull\b|storage", re.IGNORECASE)
# What a reply quotes from the e-mail: a recipient must not choose the words that we read.
_QUOTED = re.compile(r'<[^<>]*>|"[^"]*"@\S*|(?<!\S)\S*@\S*|^[245]\.\d+\.\d+', re.MULTILINE)
_CONNECTIONS = r"(?:connections?|connects|sessions?|threads?)"
_SAME_THING = (
    r"(?:(?!(?:in|on|per|for|from|of|over|this|the|each|one|an?|your|same) )[\w+-]+ ){0,3}"
)
_CROWDED = re.compile(
    # "Too many concurrent SMTP connections", but not "too many messages in this session"
    rf"\btoo many {_SAME_THING}{_CONNECTIONS}\b"
    # "Concurrent connections limit exceeded", "exceeded the connection limit allowed"
    rf"|(?<!\bper )\b{_CONNECTIONS} (?:count |number |rate |\w+ )?(?:limit|quota|maximum)"
    # "Maximum number of concurrent connections reached", "limit of 10 connections"
    rf"|\b(?:max|maximum|limit)(?: allowed| number| of)* {_SAME_THING}(?:connections|sessions)\b"
    # "Connections from 192.0.2.1 exceed the limit", "exceeded the number of parallel sessions"
    r"|\b(?:connections|sessions)\b[^;]*\bexceed"
    rf"|\bexceed\w* [^;]*\b(?:number of|concurrent|parallel) {_SAME_THING}{_CONNECTIONS}\b"
    r"|\bno more (?:connections|sessions)\b|\ball [\w ]{0,20}\bports are busy\b",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=256)  # most replies to an e-mail are always the same
def parse(line: bytes) -> tuple[Reply, bool]:
    """One line as a reply, and whether it is the last of its reply (RFC 5321 4.2.1).

    Raises:
        WireError: it is not a reply.
    """
    code, mark = line[:3], line[3:4]
    if not (code.isdigit() and b"200" <= code < b"600" and mark in b" -"):
        raise WireError(Fault.BROKEN, "the server sent something that is not an SMTP reply")
    text = line[4:].decode("utf-8", "replace")
    if not text.isprintable():  # PostgreSQL refuses NUL, a terminal obeys escapes
        text = "".join(c if c.isprintable() else " " for c in text)
    return Reply(int(code), text), mark != b"-"


def enhanced(reply: Reply) -> str:
    """The enhanced status code at the start of the text (RFC 2034), like `5.1.1`; empty if none."""
    found = _ENHANCED.match(reply.text)
    return found[1] if found and found[1][0] == str(reply.code)[0] else ""


def says(what: str, reply: Reply) -> str:
    """One sentence for people: `what`, then the reply on one line, cut short, addresses masked."""
    if not reply.code:
        return what
    text = " ".join(mask_addresses(reply.text[:2000]).split())
    return f"{what}: {reply.code} {text[:300]}".rstrip()


def crowded(reply: Reply) -> bool:
    """The server has too many connections of ours at once, whichever code it says so with."""
    return reply.code >= 400 and _CROWDED.search(words(reply)) is not None


def words(reply: Reply) -> str:
    """The text as one line, without the addresses and other parts of the e-mail it quotes."""
    return " ".join(_QUOTED.sub(" ", reply.text[:2000]).split())


def about_us(reply: Reply) -> bool:
    """The server wants a login, another one, or encryption: no e-mail is at fault."""
    return reply.code in _ABOUT_US


def no_such_address(reply: Reply) -> bool:
    """The address itself does not exist. A bare 550 may be policy, so it is not enough."""
    return reply.code in (550, 551, 553) and enhanced(reply) in _NO_SUCH_ADDRESS


def too_large(reply: Reply) -> bool:
    """The message exceeds the server's limit (RFC 1870 6.1, 6.2)."""
    return enhanced(reply) == "5.3.4" or (reply.code == 552 and not mailbox_full(reply))


def mailbox_full(reply: Reply) -> bool:
    """The mailbox has no room now; some servers say so with a permanent code."""
    status = enhanced(reply)
    if reply.code == 552 and not status:
        return _FULL.search(reply.text) is not None
    return status in ("4.2.2", "5.2.2")


def too_many_recipients(reply: Reply) -> bool:
    """The transaction has enough recipients; the rest go in another (RFC 5321 4.5.3.1.10)."""
    if enhanced(reply) in ("4.5.3", "5.5.3"):
        return True
    return reply.code in (452, 552) and "many recipients" in reply.text.lower()


def greylisting(reply: Reply) -> bool:
    """The server wants the same e-mail again in some minutes (RFC 6647)."""
    if reply.code == 421 or not 400 <= reply.code < 500:
        return False
    marked = (reply.code, enhanced(reply)) in ((451, "4.7.1"), (450, "4.2.0"))
    return marked or _GREYLIST.search(reply.text) is not None


def throttled(reply: Reply) -> bool:
    """The server finds that we send too fast."""
    status = enhanced(reply)
    if not status.startswith("4.7.") or greylisting(reply):
        return False
    return reply.code == 421 or status == "4.7.28" or _THROTTLE.search(reply.text) is not None
