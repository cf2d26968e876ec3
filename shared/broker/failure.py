"""Says in plain words why RabbitMQ cannot be used, and what to do."""

import errno
import re
import socket
import ssl
from typing import Final

import pika.exceptions

# OpenSSL's reasons for rejecting a certificate (X509_V_ERR_...), and what to do.
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_NAME_IT = (
    "Name the host in RABBITMQ_URL as its certificate does, or give the broker a certificate with "
    "this name"
)
_CURES: Final = {
    _NOT_YET_VALID: "Check the clocks of both machines",
    _EXPIRED: "Give the broker a new one",
    _OTHER_NAME: _NAME_IT,
    _OTHER_ADDRESS: _NAME_IT,
}
_UNKNOWN_AUTHORITY: Final = (
    "Set RABBITMQ_CA_FILE to the certificate of the authority that signed it"
)
# TLS alerts (RFC 8446, 6.2) of a broker that verifies its clients.
_CLIENT_CERTIFICATE: Final = re.compile(
    r"ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN"
    r"|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|HANDSHAKE_FAILURE)"
)
_SET_OURS: Final = (
    "Set RABBITMQ_CERT_FILE and RABBITMQ_KEY_FILE to a certificate that its authority signed"
)
_ACCESS_REFUSED: Final = 403  # AMQP's reply code
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})
_MISMATCH: Final = "TLS or protocol mismatch (a TLS port wants amqps://, a plain one amqp://)"
_RESET: Final = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class CannotConnectError(pika.exceptions.AMQPConnectionError):
    """One host of the broker cannot be used; `place` is its `host:port`."""

    def __init__(self, place: str, cause: BaseException) -> None:
        super().__init__(cause)
        self.place = place


def describe(error: BaseException) -> str:
    """One line that says why the broker cannot be used and what to do, without the password."""
    place = error.place if isinstance(error, CannotConnectError) else "RabbitMQ"
    chain = _chain(error)
    if words := _about_our_certificate(repr(error), place):
        return words
    if any(isinstance(each, pika.exceptions.IncompatibleProtocolError) for each in chain):
        return f"{place}: {_MISMATCH}"
    if any(isinstance(each, pika.exceptions.ConnectionBlockedTimeout) for each in chain):
        return f"{place} blocks publishers (an alarm of its memory or disk)"
    if any(type(each).__name__.endswith("Timeout") for each in chain):
        return f"{place} does not answer in time"
    cause = chain[-1]
    words = _of_network(cause, place) or _of_broker(cause, place) or _in_general(cause)
    return " ".join(words.split())[:1000]


def _about_our_certificate(text: str, place: str) -> str:
    """What a broker that verifies its clients says to a wrong certificate; '' for another error."""
    if alert := _CLIENT_CERTIFICATE.search(text):
        reason = alert[1].lower().replace("_", " ")
        return f"{place}: RabbitMQ does not accept our certificate ({reason}). {_SET_OURS}"
    if "EOF occurred in violation of protocol" in text:  # Erlang closes without an alert
        return (
            f"{place}: RabbitMQ ended the TLS connection before the login. If it verifies its "
            f"clients: {_SET_OURS}"
        )
    return ""


def _of_network(cause: BaseException, place: str) -> str:
    """What usual troubles on the way mean; '' for another one."""
    match cause:
        case ssl.SSLCertVerificationError():
            reason = cause.verify_message.rstrip(".")
            cure = _CURES.get(cause.verify_code, _UNKNOWN_AUTHORITY)
            return f"RabbitMQ's certificate is rejected: {reason}. {cure}"
        case ssl.SSLError():
            return f"{place}: {_MISMATCH}: {getattr(cause, 'reason', None) or cause}"
        case socket.gaierror():
            return f"{place}: this host name is not known to DNS ({cause.strerror})"
        case ConnectionRefusedError():
            return f"{place} refuses connections: nothing listens there. Is RabbitMQ running?"
        case TimeoutError():
            return f"{place} does not answer in time"
        case OSError() if cause.errno in _UNREACHABLE:
            return f"{place}: there is no network route to this host ({cause.strerror})"
        case OSError() if cause.errno in _RESET:
            return f"{place} closed the connection ({cause.strerror})"
    return ""


def _of_broker(cause: BaseException, place: str) -> str:
    """What RabbitMQ's usual answers mean; '' for another one."""
    match cause:
        case pika.exceptions.ProbableAuthenticationError() | pika.exceptions.AuthenticationError():
            return f"{place} refuses the user or the password (ACCESS_REFUSED)"
        case pika.exceptions.ProbableAccessDeniedError():
            return f"{place}: {_reply(cause) or 'no access to the virtual host'}"
        case pika.exceptions.ConnectionClosedByBroker():
            if cause.reply_code == _ACCESS_REFUSED:
                return f"{place} refuses the user or the password (ACCESS_REFUSED)"
            return f"{place} closed the connection: {cause.reply_code} {cause.reply_text}"
        case pika.exceptions.StreamLostError():
            return f"{place}: the connection is lost ({' '.join(map(str, cause.args))})"
    return ""


def _reply(cause: pika.exceptions.AMQPConnectionError) -> str:
    """The broker's own words, as `NOT_ALLOWED - vhost shop not found`."""
    found = re.search(r"[A-Z]{3,}_[A-Z]+ - [^\")]+", str(cause))
    return found[0].strip("' ") if found else ""


def _in_general(cause: BaseException) -> str:
    if isinstance(cause, OSError) and cause.errno is None:  # ours, a whole sentence
        return str(cause)
    return f"{type(cause).__name__}: {str(cause) or type(cause).__name__}"


def _chain(error: BaseException) -> list[BaseException]:
    """The error, and the causes that pika wrapped in ones without a message of their own."""
    chain = [error]
    while True:
        parts = [*getattr(error, "exceptions", ()), getattr(error, "exception", None), *error.args]
        inner = [part for part in parts if isinstance(part, BaseException)]
        if not inner:
            return chain
        error = inner[-1]
        chain.append(error)
