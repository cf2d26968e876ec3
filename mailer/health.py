"""Serves `/healthz`, `/readyz` and `/metrics`."""

import contextlib
import ipaddress
import json
import selectors
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic
from typing import Final

from postroom.mailer.metrics import Metrics
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

MOST_CONNECTIONS: Final = 32
TIMEOUT_SECONDS: Final = 5.0  # for a whole request and its answer
LARGEST_REQUEST: Final = 8192  # octets; a probe has some 100
_TICK_SECONDS: Final = 0.2
_END_OF_HEAD: Final = (b"\r\n\r\n", b"\n\n")

Wrong = Callable[[], dict[str, str]]
Answer = tuple[HTTPStatus, str, bytes]


class HealthServer:
    """A small HTTP/1.0 server (RFC 1945) on a local port, with one thread.

    `/healthz` answers 200 while the process makes progress, `/readyz` 200 while it can send, and
    503 otherwise. To clients of this machine both show in JSON what is wrong; others learn the
    state only, because the words name hosts and users. `/metrics` is for Prometheus.

    No client can take the mailer's descriptors or keep probes out by idle connections: there are at
    most `MOST_CONNECTIONS`, and a new one takes the place of the oldest.
    """

    def __init__(self, host: str, port: int, *, alive: Wrong, ready: Wrong, metrics: Metrics):
        """`alive` and `ready` give what is wrong, by part; empty when nothing is.

        Raises:
            OSError: the port cannot be had.
        """
        self._alive, self._ready, self._metrics = alive, ready, metrics
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=128)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._open: dict[socket.socket, _Exchange] = {}  # oldest first
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    def start(self) -> None:
        """Serve on a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for exchange in [*self._open.values()]:
            self._end(exchange)
        self._selector.close()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except Exception:
                log.exception("health_raised")
                self._stop.wait(_TICK_SECONDS)

    def _turn(self) -> None:
        for key, _ in self._selector.select(_TICK_SECONDS):
            if key.fileobj is self._listener:
                self._accept()
            elif exchange := self._open.get(key.fileobj):  # type: ignore[call-overload]
                self._go_on(exchange)
        now = monotonic()
        for exchange in [one for one in self._open.values() if one.until <= now]:
            self._end(exchange)

    def _accept(self) -> None:
        try:
            connection, (address, *_) = self._listener.accept()
        except OSError:  # it has gone again, or no descriptor is left
            self._stop.wait(0.01)
            return
        if len(self._open) >= MOST_CONNECTIONS:
            self._end(next(iter(self._open.values())))
        connection.setblocking(False)
        self._open[connection] = _Exchange(connection, near=_is_this_machine(address))
        self._selector.register(connection, selectors.EVENT_READ)

    def _go_on(self, exchange: "_Exchange") -> None:
        try:
            if not exchange.answer:
                if not exchange.read():
                    return
                exchange.answer = _response(*self._answer(exchange))
                self._selector.modify(exchange.connection, selectors.EVENT_WRITE)
            if exchange.write():
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(exchange)

    def _end(self, exchange: "_Exchange") -> None:
        del self._open[exchange.connection]
        self._selector.unregister(exchange.connection)
        with contextlib.suppress(OSError):  # else an unread rest would reset it, answer and all
            exchange.connection.shutdown(socket.SHUT_WR)
        exchange.connection.close()

    def _answer(self, exchange: "_Exchange") -> Answer:
        request = exchange.request
        words = request.split(b"\n", 1)[0].decode("latin-1").split()
        if len(request) > LARGEST_REQUEST or len(words) < 2:
            return HTTPStatus.BAD_REQUEST, "text/plain", b"not a request\n"
        method, path = words[0], words[1].partition("?")[0]
        if method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, "text/plain", b"GET only\n"
        if path == "/metrics":
            return HTTPStatus.OK, "text/plain; version=0.0.4", self._metrics.text()
        if path in ("/healthz", "/readyz"):
            wrong = (self._alive if path == "/healthz" else self._ready)()
            words_too = wrong if exchange.near else {}
            body = json.dumps({"status": "unavailable" if wrong else "ok", **words_too}).encode()
            status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
            return status, "application/json", body
        return HTTPStatus.NOT_FOUND, "text/plain", b"try /healthz, /readyz or /metrics\n"


class _Exchange:
    """One connection: its request as far as it has come, and what is left of its answer."""

    def __init__(self, connection: socket.socket, *, near: bool) -> None:
        """`near`: the client is on this machine."""
        self.connection = connection
        self.near = near
        self.until = monotonic() + TIMEOUT_SECONDS
        self.request = b""
        self.answer = b""

    def read(self) -> bool:
        """Read what has come; True when the head of the request is complete, or too large.

        Raises:
            OSError: the connection has ended.
        """
        data = self.connection.recv(LARGEST_REQUEST)
        if not data:
            raise ConnectionResetError
        self.request += data
        return len(self.request) > LARGEST_REQUEST or any(
            end in self.request for end in _END_OF_HEAD
        )

    def write(self) -> bool:
        """Write what can be written; whether something is left. Raises OSError."""
        self.answer = self.answer[self.connection.send(self.answer) :]
        return bool(self.answer)


def _is_this_machine(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _response(status: HTTPStatus, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.0 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
