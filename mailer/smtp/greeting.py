"""Brings a connection from nothing to "ready for MAIL": banner, EHLO, TLS, login."""

import base64
import functools
import ssl
from dataclasses import dataclass, field, replace
from time import monotonic

from postroom.mailer.coroutines import Steps
from postroom.mailer.errors import Fault, SmtpUnavailableError, WireError
from postroom.mailer.outcomes.outcome import Phase, Reply
from postroom.mailer.smtp.features import Features, offered
from postroom.mailer.smtp.reply import NO_REPLY, crowded, refusal_of_us, says, wants_login
from postroom.mailer.smtp.reply_words import GREETING, LOGIN_SETTINGS, TLS_SETTINGS
from postroom.mailer.smtp.wire import Wire

_LONGEST_INITIAL_RESPONSE = 480  # bytes; keeps the command within 512 (RFC 4954 4)


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How to reach the SMTP server. Times in seconds.

    `use_tls` demands STARTTLS (RFC 3207), `use_ssl` TLS from the first byte (RFC 8314); both check
    the certificate against `ca_file`, or the system's authorities. `timeout` limits the connection
    and each command, `final_timeout` the wait for the reply to the final dot; when that expires,
    an e-mail may be sent twice.
    `chunking`: use CHUNKING (RFC 3030) if it is offered. `ehlo_name`: a domain or address literal
    in ASCII; empty for the literal of the connection's own address.
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
            yield from _start_tls(wire, settings, Phase.CONNECT)
            phase = Phase.CONNECT
        banner = yield from wire.read_reply(monotonic() + settings.timeout)
        if banner.code != 220:
            raise unavailable(phase, banner, "The server does not serve us now")
        features = yield from _say_hello(wire, settings)
        if settings.use_tls:
            phase = Phase.TLS
            yield from _upgrade(wire, settings, features)
            # What was offered in clear text no longer counts.
            features = yield from _say_hello(wire, settings)
        phase = Phase.AUTH
        if settings.username:
            yield from _log_in(wire, settings, features.auth)
    except WireError as fault:
        if fault.fault == Fault.ABORTED:
            raise
        raise _cannot_be_used(phase, fault) from fault
    return features


def unavailable(
    phase: Phase, reply: Reply, what: str, *, configuration: bool = False, see: str = ""
) -> SmtpUnavailableError:
    """The error for a reply that ends the connection; the reply's own words refine it."""
    full, refusal = crowded(reply), refusal_of_us(reply)
    if full:
        see = "MAILER_CONCURRENCY, and how many connections the server allows"
    elif refusal:
        what, see = refusal.what, refusal.see
    return SmtpUnavailableError(
        phase,
        reply,
        says(what, reply),
        configuration=not full and (configuration or refusal is not None),
        crowded=full,
        see=see,
    )


def _cannot_be_used(phase: Phase, fault: WireError) -> SmtpUnavailableError:
    see = ""
    if fault.fault is Fault.CERTIFICATE:
        see = "EMAIL_CA_FILE, and whether EMAIL_HOST is the name in the certificate"
    elif fault.fault is Fault.TLS:
        see = TLS_SETTINGS
    what = f"The server cannot be used ({phase}): {fault.error}"
    return SmtpUnavailableError(phase, NO_REPLY, what, configuration=bool(see), see=see)


def _say_hello(wire: Wire, settings: SmtpSettings) -> Steps[Features]:
    """EHLO, or HELO where the server knows no EHLO (RFC 5321 3.2), which offers nothing."""
    name = (settings.ehlo_name or wire.address_literal()).encode("ascii")
    reply = yield from ask(wire, settings, b"EHLO " + name)
    if unknown := reply.code in (500, 502):
        reply = yield from ask(wire, settings, b"HELO " + name)
    if reply.code != 250:
        # 501 and 504 refuse the name. It stays the same until an operator changes it.
        wrong = reply.code in (501, 504)
        what = "The server refused our greeting"
        raise unavailable(
            Phase.CONNECT, reply, what, configuration=wrong, see=GREETING.see if wrong else ""
        )
    features = Features() if unknown else offered(reply)
    return features if settings.chunking else replace(features, chunking=False)


def _upgrade(wire: Wire, settings: SmtpSettings, features: Features) -> Steps[None]:
    """STARTTLS; without it nothing is sent in clear text either (RFC 3207 4, 6)."""
    if not features.starttls:
        what = "The server does not offer STARTTLS, which EMAIL_USE_TLS demands"
        raise _misconfigured(Phase.TLS, what, TLS_SETTINGS)
    reply = yield from ask(wire, settings, b"STARTTLS")
    if reply.code != 220:
        refused = reply.code >= 500
        what = "STARTTLS was refused"
        raise unavailable(Phase.TLS, reply, what, configuration=refused, see=TLS_SETTINGS)
    if wire.unread:  # an attacker may have inserted replies before the encryption
        what = "The server sent clear text after its consent to STARTTLS"
        raise _misconfigured(Phase.TLS, what, TLS_SETTINGS)
    yield from _start_tls(wire, settings, Phase.TLS)


def _start_tls(wire: Wire, settings: SmtpSettings, phase: Phase) -> Steps[None]:
    try:
        context = _tls_context(settings.ca_file)
    except OSError as error:
        what = f"The certificate authorities in {settings.ca_file} cannot be read: {error}"
        raise _misconfigured(Phase.TLS, what, "EMAIL_CA_FILE") from error
    deadline = monotonic() + settings.timeout
    if (yield from wire.start_tls(context, settings.host, deadline)):
        return
    # A server that is busy or refuses us often says so in clear text, whatever the port.
    reply = yield from wire.read_reply(deadline)
    if reply.code < 400:
        what = "The server answers in clear text where TLS is expected"
        raise unavailable(Phase.TLS, reply, what, configuration=True, see=TLS_SETTINGS)
    raise unavailable(phase, reply, "The server does not serve us now")


def _log_in(wire: Wire, settings: SmtpSettings, offered: frozenset[str]) -> Steps[None]:
    """AUTH by one mechanism, PLAIN before LOGIN: a second try would count as a second failure."""
    if not wire.private:
        what = "The password would travel in clear text: set EMAIL_USE_TLS or EMAIL_USE_SSL"
        raise _misconfigured(Phase.AUTH, what, TLS_SETTINGS)
    user, password = settings.username.encode(), settings.password.encode()
    if "PLAIN" in offered:  # RFC 4616
        secret = base64.b64encode(b"\0" + user + b"\0" + password)
        if len(secret) <= _LONGEST_INITIAL_RESPONSE:
            reply = yield from ask(wire, settings, b"AUTH PLAIN " + secret)
        else:
            reply = yield from ask(wire, settings, b"AUTH PLAIN")
        if reply.code == 334:
            reply = yield from ask(wire, settings, secret)
    elif "LOGIN" in offered:
        reply = yield from ask(wire, settings, b"AUTH LOGIN")
        for answer in (user, password):
            if reply.code == 334:
                reply = yield from ask(wire, settings, base64.b64encode(answer))
    else:
        what = "The server offers neither AUTH PLAIN nor AUTH LOGIN"
        raise _misconfigured(Phase.AUTH, what, LOGIN_SETTINGS)
    if reply.code != 235:
        refused = reply.code >= 500 or wants_login(reply)
        what = "The login was refused"
        raise unavailable(Phase.AUTH, reply, what, configuration=refused, see=LOGIN_SETTINGS)


def ask(wire: Wire, settings: SmtpSettings, command: bytes) -> Steps[Reply]:
    """Write one command and read its reply, both within `settings.timeout`.

    Raises:
        WireError: the connection failed.
    """
    deadline = monotonic() + settings.timeout
    yield from wire.write(command + b"\r\n", deadline, settings.timeout)
    return (yield from wire.read_reply(deadline))


def _misconfigured(phase: Phase, what: str, see: str) -> SmtpUnavailableError:
    return SmtpUnavailableError(phase, NO_REPLY, what, configuration=True, see=see)


@functools.lru_cache(maxsize=8)
def _tls_context(ca_file: str) -> ssl.SSLContext:
    """One for all sessions; see what-speed-costs: one TLS context."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
