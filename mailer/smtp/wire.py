"""The socket under an SMTP session: bounded writes, bounded replies, every wait with a deadline.

Deadlines are instants of `time.monotonic()` in seconds. Nothing here knows what a reply means.
"""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from postroom.mailer.coroutines import READ, WRITE, Steps, Wait
from postroom.mailer.errors import Fault, WireError
from postroom.mailer.outcomes.outcome import Reply
from postroom.mailer.smtp.connect import connect
from postroom.mailer.smtp.ehlo_name import address_literal
from postroom.mailer.smtp.first_flight import first_flight
from postroom.mailer.smtp.reply import parse

MAX_LINE = 8192  # bytes
MAX_LINES = 100
_SLICE = 256 * 1024
_BLOCKED = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_T = TypeVar("_T")


class Wire:
    """One connection. Used by one thread; only `abort` may be called from another."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._closing = threading.Lock()
        self._aborted = threading.Event()
        self._buffer = bytearray()
        self._looked_until = 0.0

    def connect(self, host: str, port: int, deadline: float) -> Steps[None]:
        """Connect in plain text.

        Raises:
            WireError: no connection before the deadline.
        """
        self._socket = yield from connect(host, port, deadline, self._aborted.is_set)
        self._stop_if_aborted()

    def start_tls(self, context: ssl.SSLContext, host: str, deadline: float) -> Steps[bool]:
        """Encrypt the connection, checking the certificate for `host` (RFC 3207, RFC 8314).

        Returns:
            False if the server sends a reply in clear text instead; then nothing is encrypted, and
            `read_reply` returns it.

        Raises:
            WireError: `Fault.TLS` or `Fault.CERTIFICATE` if protocol or certificate is not
                acceptable, else what happened.
        """
        sock = self._open()
        try:
            wrapped = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
            self._socket = wrapped
            hello = first_flight(wrapped)
        except (OSError, ValueError) as error:
            raise self._fault(error) from error
        self._stop_if_aborted()  # an abort meanwhile found no socket to shut
        if not self._clear_text_came(wrapped):
            while hello:
                sent = yield from self._within(deadline, WRITE, socket.socket.send, wrapped, hello)
                hello = hello[sent:]
            yield from self._ready(READ, deadline)
        if self._clear_text_came(wrapped):
            self._socket = socket.socket(fileno=wrapped.detach())
            self._socket.setblocking(False)
            return False
        yield from self._within(deadline, READ, wrapped.do_handshake)
        return True

    def _clear_text_came(self, wrapped: ssl.SSLSocket) -> bool:
        """Whether an SMTP reply is here: it begins with a digit, a TLS record never does."""
        try:
            return socket.socket.recv(wrapped, 1, socket.MSG_PEEK).isdigit()
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._fault(error) from error

    @property
    def private(self) -> bool:
        """Whether no one else can read the connection: TLS, or the server is on this machine."""
        sock = self._open()
        if isinstance(sock, ssl.SSLSocket):
            return True
        return ipaddress.ip_address(self._address(sock.getpeername).partition("%")[0]).is_loopback

    def address_literal(self) -> str:
        """This end's own address for EHLO (RFC 5321 4.1.4)."""
        return address_literal(self._address(self._open().getsockname))

    def _address(self, name: Callable[[], Any]) -> str:
        try:
            return str(name()[0])
        except OSError as error:
            raise self._fault(error) from error

    @property
    def unread(self) -> bool:
        """Whether bytes were received that no reply has taken yet."""
        return bool(self._buffer)

    @property
    def out_of_step(self) -> bool:
        """Whether a reply came that no command waits for, other than a goodbye (421)."""
        return bool(self._buffer) and not self._buffer.startswith(b"421")

    def looked_quiet(self) -> bool:
        """`quiet`, or True if `look` has just found it so and nothing was written since."""
        return monotonic() < self._looked_until or self.quiet()

    def seen_quiet(self, until: float) -> None:
        """Makes `looked_quiet` true up to the instant `until`, or the next write."""
        self._looked_until = until

    def to_look_at(self) -> socket.socket | None:
        """The socket, if it alone shows whether the server has sent something."""
        sock = self._socket
        if self._buffer or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return None
        return sock

    def quiet(self) -> bool:
        """Whether the server is still there and has sent nothing unexpected; never waits."""
        if self._buffer:
            return False
        sock = self._open()
        try:
            self._buffer += sock.recv(4096)
        except _BLOCKED:
            return True
        except OSError:
            return False
        return False

    def write(self, data: bytes, deadline: float, stall: float) -> Steps[None]:
        """Hand all of `data` to the operating system, each part within `stall` seconds.

        Raises:
            WireError: some bytes were not handed over, so the last one was certainly not sent.
        """
        self._looked_until = 0.0
        view, written = memoryview(data), 0
        while written < len(data):
            until = min(deadline, monotonic() + stall)
            part = view[written : written + _SLICE]
            written += yield from self._within(until, WRITE, self._open().send, part)

    def reply_at_hand(self) -> Reply | None:
        """The next reply, if all of it was received already and it is one line; else None.

        Nearly always it came together with the one before.

        Raises:
            WireError: it is not a reply.
        """
        end = self._buffer.find(b"\n")
        if not 0 <= end <= MAX_LINE:
            return None
        reply, last = parse(bytes(self._buffer[:end]).rstrip(b"\r"))
        if not last:
            return None
        del self._buffer[: end + 1]
        return reply

    def read_reply(self, deadline: float) -> Steps[Reply]:
        """Read one reply of one or more lines (RFC 5321 4.2).

        Returns:
            Code and text; lines joined by a line feed, other control characters made spaces.

        Raises:
            WireError: connection lost, deadline passed, or something that is not a reply.
        """
        reply, last = parse((yield from self._read_line(deadline)))
        if last:
            return reply
        texts = [reply.text]
        while len(texts) < MAX_LINES:
            more, last = parse((yield from self._read_line(deadline)))
            if more.code != reply.code:
                raise WireError(Fault.BROKEN, "the server mixed two codes in one reply")
            texts.append(more.text)
            if last:
                return Reply(reply.code, "\n".join(texts))
        raise WireError(Fault.BROKEN, f"the server sent more than {MAX_LINES} lines in one reply")

    def abort(self) -> None:
        """End whatever the owner is waiting for, at once; safe from any thread."""
        self._aborted.set()
        with self._closing, contextlib.suppress(OSError):
            # The lock: a descriptor closed meanwhile may already be someone else's. And not
            # SSLSocket.shutdown, which drops the encryption while the owner still writes.
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def shut(self) -> None:
        """Close the connection without QUIT; never raises."""
        with self._closing, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.close()
            self._socket = None
        self._buffer.clear()

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise WireError(Fault.CLOSED, "the connection is closed")
        return self._socket

    def _read_line(self, deadline: float) -> Steps[bytes]:
        buffer = self._buffer
        while (end := buffer.find(b"\n")) < 0 and len(buffer) <= MAX_LINE:
            sock = self._open()
            # A reply is rarely here already; only TLS may have part of it in its own buffer.
            if not isinstance(sock, ssl.SSLSocket):
                yield from self._ready(READ, deadline)
            received = yield from self._within(deadline, READ, sock.recv, 4096)
            if not received:
                self._stop_if_aborted()
                raise WireError(Fault.CLOSED, "the server closed the connection")
            buffer += received
        if not 0 <= end <= MAX_LINE:
            raise WireError(Fault.BROKEN, f"the server sent a line of more than {MAX_LINE} bytes")
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        return line.rstrip(b"\r")

    def _within(
        self, deadline: float, events: int, call: Callable[..., _T], *args: object
    ) -> Steps[_T]:
        """Make one socket call as soon as it can be made, its errors raised as `WireError`."""
        while True:
            try:
                return call(*args)
            except ssl.SSLWantReadError:
                events = READ
            except ssl.SSLWantWriteError:
                events = WRITE
            except BlockingIOError:
                pass
            except (OSError, ValueError) as error:
                raise self._fault(error) from error
            yield from self._ready(events, deadline)

    def _ready(self, events: int, deadline: float) -> Steps[None]:
        if not (yield Wait(self._open().fileno(), events, deadline)):
            self._stop_if_aborted()
            raise WireError(Fault.TIMEOUT, "the server did not answer in time")

    def _fault(self, error: OSError | ValueError) -> WireError:
        if self._aborted.is_set():
            return WireError(Fault.ABORTED, "sending was stopped")
        if isinstance(error, ssl.SSLCertVerificationError):
            what = f"the server's certificate was not accepted: {error.verify_message}"
            return WireError(Fault.CERTIFICATE, what)
        # SSLEOFError means that the other end left, not that TLS failed.
        if isinstance(error, ssl.SSLEOFError) or not isinstance(error, (ssl.SSLError, ValueError)):
            return WireError(Fault.CLOSED, f"the connection was lost: {error}")
        return WireError(Fault.TLS, f"TLS failed: {error}")

    def _stop_if_aborted(self) -> None:
        if self._aborted.is_set():
            raise WireError(Fault.ABORTED, "sending was stopped")
