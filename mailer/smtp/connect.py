"""Opens the TCP connection: resolves the name, tries IPv6 and IPv4, all within a deadline.

Deadlines are instants of `time.monotonic()` in seconds.
"""

import errno
import os
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from postroom.mailer.coroutines import TICK, WRITE, Answer, Steps, Wait
from postroom.mailer.errors import Fault, WireError

Address = tuple[Any, ...]


def connect(
    host: str, port: int, deadline: float, stopped: Callable[[], bool]
) -> Steps[socket.socket]:
    """Connect to the first address of `host` that answers; the socket does not block.

    Raises:
        WireError: no address answered before the deadline, or `stopped()` became true.
    """
    addresses = yield from _resolve(host, port, deadline, stopped)
    error = "the name has no address"
    for tried, (family, kind, protocol, _, address) in enumerate(addresses):
        # A first address that does not answer must not use up the time of the next.
        until = monotonic() + (deadline - monotonic()) / (len(addresses) - tried)
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as failure:
            error = str(failure)
            continue
        try:
            error = yield from _connect(sock, address, until, stopped)
            if not error:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                return sock
        except BaseException:
            sock.close()
            raise
        sock.close()
    _stop_if(stopped)
    raise WireError(Fault.CLOSED, f"cannot connect to {host}:{port}: {error}")


def _connect(
    sock: socket.socket, address: Address, until: float, stopped: Callable[[], bool]
) -> Steps[str]:
    """The reason why the connection failed; an empty string if it did not."""
    sock.setblocking(False)
    try:
        code = sock.connect_ex(address)
    except (OSError, ValueError, OverflowError) as failure:
        return str(failure)
    if code == errno.EINPROGRESS:
        while not (yield Wait(sock.fileno(), WRITE, min(until, monotonic() + TICK))):
            if stopped() or monotonic() >= until:
                return "no answer in time"
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return os.strerror(code) if code else ""


def _resolve(
    host: str, port: int, deadline: float, stopped: Callable[[], bool]
) -> Steps[list[Address]]:
    """Look the name up on a thread of its own, because getaddrinfo has no time limit."""
    answer: Answer[list[Address] | str] = Answer()

    def look_up() -> None:
        try:
            answer.give(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError, OverflowError) as error:  # ValueError: cannot be encoded
            answer.give(str(error))

    threading.Thread(target=look_up, name="smtp-resolve", daemon=True).start()
    found = yield from answer.wait(deadline, stopped)
    _stop_if(stopped)
    if found is None:
        raise WireError(Fault.TIMEOUT, f"the name {host} was not resolved in time")
    if isinstance(found, str):
        raise WireError(Fault.CLOSED, f"the name {host} was not resolved: {found}")
    return found


def _stop_if(stopped: Callable[[], bool]) -> None:
    if stopped():
        raise WireError(Fault.ABORTED, "sending was stopped")
