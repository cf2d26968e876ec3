"""What a reply means by itself, whichever command it answers (RFC 5321 4.2, RFC 3463)."""

import functools
import re
from enum import Enum
from typing import Final

from postroom.mailer.errors import Fault, WireError
from postroom.mailer.outcomes.outcome import Reply
from postroom.mailer.smtp.reply_words import (
    BLOCKED,
    BOX_OR_MESSAGE,
    CROWDED,
    DISLIKED,
    FULL,
    GREETING,
    GREYLIST,
    LATER,
    LIMIT,
    LOGIN,
    NOT_SURELY_OURS,
    OWN_LIMIT,
    OWN_QUOTA,
    RECIPIENT,
    REFUSALS,
    SIZE,
    SPENT,
    Refusal,
    words,
)
from postroom.shared.telemetry.masking import mask_addresses

NO_REPLY: Final = Reply(0, "")

_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954 6
_NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3"})  # RFC 3463 3.2
_NULL_MX: Final = "5.1.10"  # RFC 7505; the code 556 by itself says the same (RFC 7504)
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
# Mail system congestion (RFC 3463), mail flood (X.7.28), and the daily limits of Microsoft 365.
_OVER_LIMIT = re.compile(r"[45]\.4\.5|[45]\.7\.28|4\.7\.[56]\d\d|5\.1\.90|5\.7\.23[23]|5\.7\.705")
# Recipient, mailbox or message: words about limits then do not mean ours.
_ABOUT_EMAIL = re.compile(r"[45]\.(?:[126]\.\d+|3\.4|4\.6|4\.14|5\.3)")
# 5.7.12x and 5.7.13x: whom Exchange lets a recipient take mail from; 5.7.139 is about a login.
_ABOUT_RECIPIENT = re.compile(r"[45]\.(?:1\.1|1\.6|1\.10|2\.\d+|7\.12\d|7\.13[0-8])")
# Microsoft 365: this machine or this account may not send at all.
_BANNED = re.compile(r"5\.7\.(?:50[1-3]|511|6[0-4]\d|708|750)")
_TOO_LARGE = frozenset({"", "5.2.3", "5.3.0"})  # what may stand with a 552 for the size


@functools.lru_cache(maxsize=256)  # most replies to an e-mail are always the same
def parse(line: bytes) -> tuple[Reply, bool]:
    """One line as a reply, and whether it is the last of its reply (RFC 5321 4.2.1).

    Raises:
        WireError: it is not a reply.
    """
    code, mark = line[:3], line[3:4]
    if not (len(code) == 3 and code.isdigit() and b"200" <= code < b"600" and mark in b" -"):
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


class Subject(Enum):
    """What of this mailer a reply is about; EMAIL: of the e-mail or its recipient."""

    LOGIN = "login"
    CONNECTIONS = "connections"
    REFUSAL = "refusal"
    PACE = "pace"
    QUOTA = "quota"
    EMAIL = "e-mail"


def subject(reply: Reply) -> Subject:
    """The first thing that a refusal (4yz, 5yz) is about."""
    # Replies to many e-mails differ in an address only, which is not read.
    return _subject(Reply(reply.code, f"{enhanced(reply)} {words(reply)}".lstrip()))


@functools.lru_cache(maxsize=256)
def _subject(reply: Reply) -> Subject:
    if wants_login(reply):
        return Subject.LOGIN
    if crowded(reply):
        return Subject.CONNECTIONS
    if refusal_of_us(reply) and not greylisting(reply):
        return Subject.REFUSAL
    if throttled(reply):
        return Subject.PACE
    return Subject.QUOTA if quota_used_up(reply) else Subject.EMAIL


def wants_login(reply: Reply) -> bool:
    """The server wants a login, another one, or encryption: no e-mail is at fault."""
    if reply.code == 503:
        return LOGIN.words.search(words(reply)) is not None
    return reply.code in _LOGIN or (reply.code, enhanced(reply)) == (432, "4.7.12")


def refusal_of_us(reply: Reply) -> Refusal | None:
    """Why the server refuses this mailer, whichever e-mail it sends and whatever the code."""
    if reply.code < 400 or _about_recipient(reply):
        return None
    if _BANNED.fullmatch(enhanced(reply)):
        return BLOCKED
    text = words(reply)
    for refusal in REFUSALS:
        if refusal.words.search(text) and not (refusal.unless and refusal.unless.search(text)):
            return refusal
    # Of what 504 may refuse, only the name in EHLO is the same in every e-mail.
    return GREETING if reply.code == 504 and "address" not in text.lower() else None


def crowded(reply: Reply) -> bool:
    """The server has too many connections of ours at once, whichever code it says so with."""
    if reply.code < 400 or _about_recipient(reply):
        return False
    return CROWDED.search(words(reply)) is not None


def session_spent(reply: Reply) -> bool:
    """The connection has carried as many e-mails as the server allows one to."""
    return reply.code >= 400 and SPENT.search(words(reply)) is not None


def no_such_address(reply: Reply) -> bool:
    """The address itself does not exist. A bare 550 may be policy, so it is not enough."""
    status = enhanced(reply)
    if reply.code == 556 or (reply.code >= 500 and status == _NULL_MX):
        return True
    return reply.code in (550, 551, 553) and status in _NO_SUCH_ADDRESS


def too_large(reply: Reply) -> bool:
    """The message exceeds the server's limit (RFC 1870 6.1, 6.2); 552 may also mean its content."""
    status, text = enhanced(reply), words(reply)
    if reply.code != 552 or status not in _TOO_LARGE or mailbox_full(reply):
        return status == "5.3.4"
    return SIZE.search(text) is not None or not DISLIKED.search(text)


def mailbox_full(reply: Reply) -> bool:
    """The mailbox has no room now; some servers say so with a permanent code."""
    status = enhanced(reply)
    if reply.code == 552 and not status:
        return FULL.search(words(reply)) is not None
    return status in ("4.2.2", "5.2.2")


def too_many_recipients(reply: Reply) -> bool:
    """The transaction has enough recipients; the rest go in another (RFC 5321 4.5.3.1.10)."""
    if enhanced(reply) in ("4.5.3", "5.5.3"):
        return True
    return reply.code in (452, 552) and "many recipients" in words(reply).lower()


def greylisting(reply: Reply) -> bool:
    """The server wants the same e-mail again in some minutes (RFC 6647)."""
    if reply.code == 421 or not 400 <= reply.code < 500:
        return False
    if GREYLIST.search(words(reply)):
        return True
    marked = (reply.code, enhanced(reply)) in ((451, "4.7.1"), (450, "4.2.0"))
    return marked and not (_over_limit(reply) or crowded(reply) or refusal_of_us(reply))


def throttled(reply: Reply) -> bool:
    """The server finds that we send too fast or too much, or is too busy (4yz)."""
    if not 400 <= reply.code < 500 or greylisting(reply):
        return False
    status = enhanced(reply)
    if reply.code == 421:
        return status.startswith("4.7.") or _over_limit(reply)
    # 432 is Exchange's; 4.3.2 says that the system accepts no messages now (RFC 3463 3.4).
    return reply.code == 432 or status == "4.3.2" or _over_limit(reply)


def quota_used_up(reply: Reply) -> bool:
    """The server takes no more from us for now, and says so with a permanent code (5yz)."""
    if reply.code < 500:
        return False
    return _over_limit(reply) or _later(reply)


def _over_limit(reply: Reply) -> bool:
    """We send too fast or too much; not when mailbox, recipient or message are too much."""
    status, text = enhanced(reply), words(reply)
    # Exchange names the sender's quota with the status of a mailbox.
    if _OVER_LIMIT.fullmatch(status) or "submission quota" in text.lower():
        return True
    if _ABOUT_EMAIL.fullmatch(status) or BOX_OR_MESSAGE.search(text):
        return False
    if OWN_LIMIT.search(text):
        return True
    if _about_email(reply) or not LIMIT.search(text):
        return False
    policy = status[1:].startswith((".7.", ".4."))
    return policy or "quota" not in text.lower() or OWN_QUOTA.search(text) is not None


def _later(reply: Reply) -> bool:
    """A permanent code, and yet the words that the same may be tried later."""
    text = words(reply)
    return LATER.search(text) is not None and not _about_email(reply) and not RECIPIENT.search(text)


def _about_email(reply: Reply) -> bool:
    """The reply is about recipient, mailbox or message, or may well be."""
    text = words(reply)
    return (
        _ABOUT_EMAIL.fullmatch(enhanced(reply)) is not None
        or mailbox_full(reply)
        or too_large(reply)
        or too_many_recipients(reply)
        or BOX_OR_MESSAGE.search(text) is not None
        or NOT_SURELY_OURS.search(text) is not None
    )


def _about_recipient(reply: Reply) -> bool:
    return _ABOUT_RECIPIENT.fullmatch(enhanced(reply)) is not None
