"""A scripted SMTP server on a real socket that misbehaves exactly where and how a test says.

    script = Script(size=1000).when("rcpt", say("550 5.1.1 unknown"), recipient="b@example.org")
    with ScriptedServer(script) as server:
        ...  # talk to 127.0.0.1:server.port
        assert server.accepted[0].recipients == ("a@example.org",)

Points: connect ehlo helo starttls handshake auth mail rcpt data body dot rset noop quit. At `body`
the action comes after the 354, once `after` bytes of the body were read; at `handshake` in clear
text, once the client has begun TLS, and it ends the connection.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from tests.support.smtp.conversation import Conversation
from tests.support.smtp.rules import (
    CLOSE,
    DRIBBLE,
    ENDLESS,
    GARBAGE,
    HANG,
    LAST_REPLY,
    LONG_LINE,
    RESET,
    Action,
    Rule,
    Script,
    Transaction,
    make_certificate,
    say,
)
from tests.support.waits import PATIENCE

__all__ = [
    "CLOSE",
    "DRIBBLE",
    "ENDLESS",
    "GARBAGE",
    "HANG",
    "LAST_REPLY",
    "LONG_LINE",
    "RESET",
    "Action",
    "Rule",
    "Script",
    "ScriptedServer",
    "Transaction",
    "make_certificate",
    "say",
]


@dataclass
class ScriptedServer:
    """Runs a script; a context manager. Change `script` at any time."""

    script: Script = field(default_factory=Script)
    port: int = 0
    accepted: list[Transaction] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)  # every point come to, in order
    connections: int = 0

    def __enter__(self) -> Self:
        self.changed = threading.Condition()
        self.released = threading.Event()
        self.stopping = threading.Event()
        self._used: dict[int, int] = {}
        self._sockets: list[socket.socket] = []
        self._open: list[int] = []  # connections, in the order they came
        self._left: list[int] = []  # those of them that have left
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.released.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def release(self) -> None:
        """Let every hanging connection go on."""
        self.released.set()

    def end_connections(self) -> None:
        """End every connection that is open, as a server that restarts does."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        self.wait_until(lambda server: not server.open)

    def wait_until(self, condition: Callable[["ScriptedServer"], bool]) -> None:
        """Wait until the condition on this server holds; AssertionError when it never does."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), PATIENCE), self.reached

    def wait_for(self, point: str, times: int = 1) -> None:
        """Wait until `point` has been come to `times` times."""
        self.wait_until(lambda server: server.reached.count(point) >= times)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self.changed:
                    self.connections += 1
                self._sockets.append(sock)
                self._start(Conversation(self, sock, self.connections).run)

    @contextlib.contextmanager
    def counted(self, connection: int) -> Iterator[None]:
        """The connection counts as open while the block runs."""
        with self.changed:
            self._open.append(connection)
        try:
            yield
        finally:
            with self.changed:
                if self.script.notices_late:
                    self._left.append(connection)
                else:
                    self._open.remove(connection)
                self.changed.notify_all()

    def is_full(self, connection: int) -> bool:
        """Whether this connection is one more than the server takes."""
        with self.changed:
            before = self._open.index(connection)
            full = self.script.most is not None and before >= self.script.most
            while full and self._left:
                self._open.remove(self._left.pop())
            return full

    @property
    def open(self) -> int:
        """Connections that are open now."""
        return len(self._open)

    def note(self, point: str) -> None:
        """Record that `point` has been come to."""
        with self.changed:
            self.reached.append(point)
            self.changed.notify_all()

    def rule(
        self, point: str, number: int, connection: int, recipient: str, sender: str = ""
    ) -> Rule | None:
        """The first rule that fits here, counted as used."""
        self.note(point)
        with self.changed:
            for rule in self.script.rules:
                fits = (
                    rule.point == point
                    and rule.transaction in (None, number)
                    and rule.connection in (None, connection)
                    and rule.recipient in (None, recipient)
                    and rule.sender in (None, sender)
                    and (rule.times is None or self._used.get(id(rule), 0) < rule.times)
                )
                if fits:
                    self._used[id(rule)] = self._used.get(id(rule), 0) + 1
                    return rule
        return None
