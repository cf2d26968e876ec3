"""Commands, addresses and dots as sent, for the extensions a server offers (pure)."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from postroom.mailer.coroutines import Steps
from postroom.mailer.outcomes.outcome import Failed, Outcome, Phase
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.reply import NO_REPLY

_UNUSABLE = re.compile(r"[\x00-\x20<>\x7f]")
_CHANGED_BY_IDNA_2003 = frozenset("\u00df\u03c2\u200c\u200d")  # which maps these to other domains


class OutgoingMail(NamedTuple):
    """The e-mail to send. `data` has CRLF line ends only, no doubled dots, no final dot.

    `at_once`: all in one write if the server allows it; a lost connection then leaves the outcome
    unknown.
    """

    sender: str
    recipients: Sequence[str]
    data: bytes
    smtputf8: bool
    before_final_dot: Callable[[], Steps[bool]]
    at_once: bool = False


class Envelope(NamedTuple):
    """Commands for the recipients that can be addressed, outcomes for those that cannot."""

    addresses: Sequence[str]
    commands: Sequence[bytes]
    refused: dict[str, Outcome]


def envelope(mail: OutgoingMail, features: Features) -> Envelope:
    """MAIL and every RCPT, or the reasons why not (RFC 1870 6.1, RFC 6531 3.4)."""
    size = len(mail.data)
    if features.size and size > features.size:
        what = f"The message of {size} bytes is larger than the server's limit of {features.size}"
        return _none(mail, what)
    paths: dict[str, bytes] = {}
    refused: dict[str, Outcome] = {}
    try:
        sender = _path(mail.sender)
    except ValueError as error:
        return _none(mail, f"The sender's {error}")
    for address in mail.recipients:
        try:
            paths[address] = path = _path(address)
        except ValueError as error:
            refused[address] = _failed(f"The recipient's {error}")
            continue
        if not features.smtputf8 and not path.isascii():
            del paths[address]
            refused[address] = _failed("The address needs SMTPUTF8, which the server lacks")
    utf8 = mail.smtputf8 or not (sender.isascii() and b"".join(paths.values()).isascii())
    if utf8 and not features.smtputf8:
        return _none(mail, "The message needs SMTPUTF8, which the server lacks")
    if not paths:
        return Envelope((), (), refused)
    limit = b" SIZE=%d" % size if features.size is not None else b""
    commands = [b"MAIL FROM:<%b>%b%b\r\n" % (sender, limit, b" SMTPUTF8" if utf8 else b"")]
    commands += [b"RCPT TO:<%b>\r\n" % path for path in paths.values()]
    return Envelope(tuple(paths), commands, refused)


def stuffed(data: bytes) -> bytes:
    """Doubles dots at the start of lines (RFC 5321 4.5.2), and ends the last line."""
    # The slow search ends at the last dot, which a fast one finds: base64 has none.
    if data.find(b"\r\n.", 0, data.rfind(b".") + 1) >= 0:
        data = data.replace(b"\r\n.", b"\r\n..")
    if data.startswith(b"."):
        data = b"." + data
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _path(address: str) -> bytes:
    """The address in UTF-8, with a domain that is not ASCII as `xn--`.

    An address must not smuggle in another command: controls, blanks and brackets are refused.

    Raises:
        ValueError: the address cannot be sent.
    """
    if _UNUSABLE.search(address):
        raise ValueError("address has characters that cannot be sent")
    if address.isascii():
        return address.encode("ascii")
    local, at, domain = address.rpartition("@")
    if not domain.isascii():
        if _CHANGED_BY_IDNA_2003 & set(domain):
            raise ValueError("domain must be given in its xn-- form")
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError("domain is not a valid name") from error
    return (local + at + domain).encode()


def _failed(what: str) -> Failed:
    return Failed(Phase.MAIL, NO_REPLY, what)


def _none(mail: OutgoingMail, what: str) -> Envelope:
    return Envelope((), (), dict.fromkeys(mail.recipients, _failed(what)))
