"""Commands, addresses and dots as sent, for the extensions a server offers (pure)."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from postroom.mailer.coroutines import Steps
from postroom.mailer.outcomes.outcome import Failed, Outcome, Phase
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.reply import NO_REPLY
from postroom.shared.addresses import wire_address
from postroom.shared.errors import HeaderError

_UNUSABLE = re.compile(r"[\x00-\x20<>\x7f]")


class OutgoingMail(NamedTuple):
    """The e-mail to send. `data` has CRLF line ends only, no doubled dots, no final dot.

    `at_once`: all in one write if the server allows it; a lost connection then leaves the outcome
    unknown. `ascii_data`: makes the same message for a server without SMTPUTF8, if `smtputf8` says
    that `data` needs it; absent if there is no such form.
    """

    sender: str
    recipients: Sequence[str]
    data: bytes
    smtputf8: bool
    before_final_dot: Callable[[], Steps[bool]]
    at_once: bool = False
    ascii_data: Callable[[], bytes] | None = None

    def for_server(self, features: Features) -> "OutgoingMail":
        """As this server can take it (RFC 6531 3.2); whom it cannot reach `envelope` says."""
        if self.smtputf8 and not features.smtputf8 and self.ascii_data and self.sender.isascii():
            return self._replace(data=self.ascii_data(), smtputf8=False, ascii_data=None)
        return self


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
    except HeaderError as error:
        return _none(mail, f"The sender's address cannot be sent to a server: {error}")
    for address in mail.recipients:
        try:
            paths[address] = path = _path(address)
        except HeaderError as error:
            refused[address] = _failed(f"The address cannot be sent to a server: {error}")
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

    An address must not smuggle in another command: controls are refused, and blanks and brackets
    outside the quotes of a local part.

    Raises:
        HeaderError: the address cannot be sent.
    """
    if address.isascii() and not _UNUSABLE.search(address):
        return address.encode("ascii")
    return wire_address(address).encode()


def _failed(what: str) -> Failed:
    return Failed(Phase.MAIL, NO_REPLY, what)


def _none(mail: OutgoingMail, what: str) -> Envelope:
    return Envelope((), (), dict.fromkeys(mail.recipients, _failed(what)))
