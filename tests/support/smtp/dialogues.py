"""An SMTP server without a thread, whose every answer a test chooses, and no wait takes time."""

import re
import select
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from postroom.mailer.coroutines import READ, TOGETHER, Steps, Wait

_T = TypeVar("_T")


@dataclass(frozen=True)
class Answer:
    """`raw` in place of the usual answer, `after` behind it, then perhaps the connection ends."""

    raw: bytes | None = None  # None: the usual answer
    after: bytes = b""
    close: bool = False


USUAL = Answer()


@dataclass
class Dialogues:
    """Answers each command by the next of `answers`, then as usual.

    `accepted`: how many messages arrived whole and were answered by 2yz.
    """

    answers: Iterable[Answer]
    offers: tuple[bytes, ...] = ()
    accepted: int = 0
    commands: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = iter(self.answers)
        self._ends: list[socket.socket] = []
        self._end: socket.socket | None = None
        self._inbox = b""
        self._waits_for = b"command"

    def connect(self, *_: object) -> Steps[socket.socket]:
        """In place of `postroom.mailer.smtp.connect.connect`."""
        client, self._end = socket.socketpair()
        self._ends += [client, self._end]
        client.setblocking(False)
        self._end.setblocking(False)
        self._inbox, self._waits_for = b"", b"command"
        self._answer(b"220 here\r\n")
        return client
        yield  # makes it a generator

    def run(self, steps: Steps[_T]) -> _T:
        """Run a client's steps; a wait for an answer that does not come is over at once."""
        try:
            wait = next(steps)
            while True:
                wait = steps.send(wait is TOGETHER or self._ready(wait))
        except StopIteration as end:
            result: _T = end.value
            return result

    def close(self) -> None:
        """Close what is still open."""
        for end in self._ends:
            end.close()

    def _ready(self, wait: Wait) -> bool:
        self._receive()
        while self._end and self._step():
            pass
        return wait.events != READ or bool(select.select([wait.fileno], [], [], 0)[0])

    def _receive(self) -> None:
        while self._end:
            try:
                received = self._end.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                received = b""
            self._inbox += received
            if not received:
                self._leave()

    def _step(self) -> bool:
        """Handle one command or message; whether there was one."""
        if self._waits_for == b"command":
            line, found, rest = self._inbox.partition(b"\r\n")
            if found:
                self._inbox = rest
                self._command(line)
            return bool(found)
        if self._waits_for == b"dot":
            _, found, rest = (b"\r\n" + self._inbox).partition(b"\r\n.\r\n")
        else:
            size = int(self._waits_for)
            found, rest = (b"x", self._inbox[size:]) if len(self._inbox) >= size else (b"", b"")
        if found:
            self._inbox, self._waits_for = rest, b"command"
            self.accepted += self._answer(b"250 queued\r\n").startswith(b"2")
        return bool(found)

    def _command(self, line: bytes) -> None:
        self.commands.append(line)
        verb = line.partition(b" ")[0].upper()
        if verb == b"BDAT":
            self._waits_for = line.split()[1]
        elif verb == b"DATA":
            if self._answer(b"354 go on\r\n").startswith(b"3"):
                self._waits_for = b"dot"
        elif verb == b"EHLO":
            lines = [b"here", *self.offers]
            said = [b"250-" + one + b"\r\n" for one in lines[:-1]] + [b"250 " + lines[-1] + b"\r\n"]
            self._answer(b"".join(said))
        elif verb == b"AUTH":
            self._answer(b"235 welcome\r\n")
        elif verb == b"QUIT":
            self._answer(b"221 bye\r\n")
            self._leave()
        else:
            self._answer(b"250 ok\r\n")

    def _answer(self, usual: bytes) -> bytes:
        answer = next(self._next, USUAL)
        raw = usual if answer.raw is None else answer.raw
        if self._end:
            try:
                self._end.sendall(raw + answer.after)
            except OSError:
                self._leave()
        if answer.close:
            self._leave()
        return raw if re.match(rb"\d\d\d[ \r-]", raw) else b""

    def _leave(self) -> None:
        if self._end:
            self._end.close()
            self._end = None
