"""Brings a connection from nothing to "ready for MAIL": banner, EHLO, TLS, login."""

import base64
import functools
import socket
import ssl
from dataclasses import dataclass, field
from time import monotonic

from postroom.mailer.coroutines import Steps
from postroom.mailer.errors import Fault, SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Phase, Reply
from postroom.mailer.smtp.reply import NO_REPLY, crowded, says
from postroom.mailer.smtp.wire import Wire

_LONGEST_INITIAL_RESPONSE = 480  # bytes; keeps the command within 512 (RFC 4954 4)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach the SMTP server. Times in seconds.

    `use_tls` demands STARTTLS (RFC 3207), `use_ssl` TLS from the first byte (RFC 8314); both check
    the certificate against `ca_file`, or the system's authorities. `timeout` limits the connection
    and each command, `final_timeout` the wait for the reply to the final dot; when that expires,
    an e-mail may be sent twice.
    `chunking`: use CHUNKING (RFC 3030) if it is offered.
    """

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    timeout: float = 30.0
    final_timeout: float = 600.0
    ehlo_name: str = ""
    max_messages: int = 100
    max_age: float = 300.0
    max_idle: float = 60.0
    ca_file: str = ""
    chunking: bool = True


@dataclass(frozen=True, slots=True)
class Features:
    """What EHLO offered. `size`: largest message in bytes; 0: no limit, None: not offered."""

    pipelining: bool = False
    smtputf8: bool = False
    chunking: bool = False
    starttls: bool = False
    size: int | None = None
    auth: frozenset[str] = frozenset()


def greet(wire: Wire, settings: SmtpSettings) -> Steps[Features]:
    """Connect, and leave the connection ready for MAIL.

    Raises:
        SmtpUnavailableError: `configuration` for a failed certificate, STARTTLS or login.
        WireError: only `Fault.ABORTED`.
    """
    phase = Phase.CONNECT
    try:
        yield from wire.connect(settings.host, settings.port, monotonic() + settings.timeout)
        if settings.use_ssl:
            phase = Phase.TLS
            yield from _start_tls(wire, settings)
            phase = Phase.CONNECT
        banner = yield from wire.read_reply(monotonic() + settings.timeout)
        if banner.code != 220:
            raise _unavailable(phase, banner, "The server does not serve us now")
        features = yield from _ehlo(wire, settings)
        if settings.use_tls:
            phase = Phase.TLS
            yield from _upgrade(wire, settings, features)
            # What was offered in clear text no longer counts.
            features = yield from _ehlo(wire, settings)
        phase = Phase.AUTH
        if settings.username:
            yield from _log_in(wire, settings, features.auth)
    except WireError as fault:
        if fault.fault == Fault.ABORTED:
            raise
        what = f"The server cannot be used ({phase}): {fault.error}"
        configuration = fault.fault == Fault.TLS
        raise SmtpUnavailableError(phase, NO_REPLY, what, configuration=configuration) from fault
    return features


def _ehlo(wire: Wire, settings: SmtpSettings) -> Steps[Features]:
    reply = yield from _ask(
        wire, settings, b"EHLO " + (settings.ehlo_name or _own_name()).encode("ascii")
    )
    if reply.code != 250:
        raise _unavailable(Phase.CONNECT, reply, "The server refused our greeting")
    offers = {
        words[0].upper(): [word.upper() for word in words[1:]]
        for line in reply.text.split("\n")[1:]
        if (words := line.split())
    }
    size = offers.get("SIZE")
    return Features(
        pipelining="PIPELINING" in offers,
        smtputf8="SMTPUTF8" in offers,
        chunking="CHUNKING" in offers and settings.chunking,
        starttls="STARTTLS" in offers,
        size=None if size is None else int(size[0]) if size and size[0].isdecimal() else 0,
        auth=frozenset(offers.get("AUTH", ())),
    )


def _upgrade(wire: Wire, settings: SmtpSettings, features: Features) -> Steps[None]:
    """STARTTLS; without it nothing is sent in clear text either (RFC 3207 4, 6)."""
    if not features.starttls:
        what = "The server does not offer STARTTLS, which EMAIL_USE_TLS demands"
        raise _unavailable(Phase.TLS, NO_REPLY, what, configuration=True)
    reply = yield from _ask(wire, settings, b"STARTTLS")
    if reply.code != 220:
        refused = reply.code >= 500
        raise _unavailable(Phase.TLS, reply, "STARTTLS was refused", configuration=refused)
    if wire.unread:  # an attacker may have inserted replies before the encryption
        what = "The server sent clear text after its consent to STARTTLS"
        raise _unavailable(Phase.TLS, NO_REPLY, what, configuration=True)
    yield from _start_tls(wire, settings)


def _start_tls(wire: Wire, settings: SmtpSettings) -> Steps[None]:
    try:
        context = _tls_context(settings.ca_file)
    except OSError as error:
        what = f"The certificate authorities in {settings.ca_file} cannot be read: {error}"
        raise _unavailable(Phase.TLS, NO_REPLY, what, configuration=True) from error
    yield from wire.start_tls(context, settings.host, monotonic() + settings.timeout)


def _log_in(wire: Wire, settings: SmtpSettings, offered: frozenset[str]) -> Steps[None]:
    """AUTH by one mechanism, PLAIN before LOGIN: a second try would count as a second failure."""
    if not wire.private:
        what = "The password would travel in clear text: set EMAIL_USE_TLS or EMAIL_USE_SSL"
        raise _unavailable(Phase.AUTH, NO_REPLY, what, configuration=True)
    user, password = settings.username.encode(), settings.password.encode()
    if "PLAIN" in offered:  # RFC 4616
        secret = base64.b64encode(b"\0" + user + b"\0" + password)
        if len(secret) <= _LONGEST_INITIAL_RESPONSE:
            reply = yield from _ask(wire, settings, b"AUTH PLAIN " + secret)
        else:
            reply = yield from _ask(wire, settings, b"AUTH PLAIN")
        if reply.code == 334:
            reply = yield from _ask(wire, settings, secret)
    elif "LOGIN" in offered:
        reply = yield from _ask(wire, settings, b"AUTH LOGIN")
        for answer in (user, password):
            if reply.code == 334:
                reply = yield from _ask(wire, settings, base64.b64encode(answer))
    else:
        what = "The server offers neither AUTH PLAIN nor AUTH LOGIN"
        raise _unavailable(Phase.AUTH, NO_REPLY, what, configuration=True)
    if reply.code != 235:
        refused = reply.code >= 500
        raise _unavailable(Phase.AUTH, reply, "The login was refused", configuration=refused)


def _ask(wire: Wire, settings: SmtpSettings, command: bytes) -> Steps[Reply]:
    deadline = monotonic() + settings.timeout
    yield from wire.write(command + b"\r\n", deadline, settings.timeout)
    return (yield from wire.read_reply(deadline))


def _unavailable(
    phase: Phase, reply: Reply, what: str, *, configuration: bool = False
) -> SmtpUnavailableError:
    full = crowded(reply)
    return SmtpUnavailableError(
        phase,
        reply,
        says(what, reply),
        configuration=configuration and not full,
        crowded=full,
    )


@functools.lru_cache(maxsize=8)
def _tls_context(ca_file: str) -> ssl.SSLContext:
    """One for all sessions; see what-speed-costs: one TLS context."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@functools.cache
def _own_name() -> str:
    name = socket.getfqdn()
    # RFC 5321 4.1.4: an address literal if there is no proper name.
    return name if "." in name and name.isascii() else "[127.0.0.1]"
