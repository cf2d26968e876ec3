"""One connection of the scripted SMTP server."""

import contextlib
import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tests.support.smtp.rules import Action, Rule, Transaction, say

if TYPE_CHECKING:
    from tests.support.smtp.scripted_server import ScriptedServer


class _Gone(Exception):
    """This connection is over."""


class Conversation:
    """One connection, served on a thread of its own."""

    def __init__(self, server: "ScriptedServer", sock: socket.socket, number: int):
        self.server, self.sock, self.number = server, sock, number
        self.buffer = b""
        self.mail: Transaction | None = None
        self.leaving = False

    def run(self) -> None:
        with contextlib.suppress(_Gone, OSError), self.server.counted(self.number):
            if self.server.script.implicit_tls:
                self._shake_hands()
            self._at("connect", "220 scripted ESMTP")
            while not self.leaving:
                self._command(self._line().decode("utf-8", "replace").rstrip("\r\n"))
        self.sock.close()

    def _command(self, line: str) -> None:
        self.server.commands.append(line)
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        path = re.match(r"(?:FROM|TO):<(.*?)>\s*(.*)", rest)
        match verb:
            case "EHLO":
                self._at("ehlo", *self._offers())
            case "HELO":
                self._at("helo", "250 scripted")
            case "STARTTLS":
                if self._at("starttls", "220 go"):
                    self.buffer = b""
                    self._shake_hands()
            case "AUTH":
                self._authenticate(rest.split())
            case "MAIL" if path:
                self.mail = Transaction(
                    len(self.server.transactions) + 1, self.number, path[1], path[2]
                )
                self.server.transactions.append(self.mail)
                if not self._at("mail", "250 ok"):
                    self.mail = None
            case "RCPT" if path and self.mail is None:
                self._send(b"503 no sender\r\n")
            case "RCPT" if path and self.mail:
                if self._at("rcpt", "250 ok", recipient=path[1]):
                    self.mail.recipients += (path[1],)
            case "DATA":
                self._data()
            case "BDAT":
                self._chunk(int(rest.split()[0]))
            case "RSET" | "NOOP":
                self.mail = None if verb == "RSET" else self.mail
                self._at(verb.lower(), "250 ok")
            case "QUIT":
                self._at("quit", "221 bye")
                raise _Gone
            case _:
                self._send(b"500 what?\r\n")

    def _data(self) -> None:
        ready = self.mail and self.mail.recipients
        if not self._at("data", "354 go" if ready else "503 no recipients"):
            return
        mail = self.mail or Transaction(0, self.number, "")
        body = self._rule("body")
        lines: list[bytes] = []
        size = 0
        while True:
            if body and size >= body.after:
                self._do(body.action, b"")
                self.server.note("body answered")
                body = None
            line = self._line()
            size += len(line)
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        mail.data = b"".join(lines)
        self._verdict(mail)

    def _chunk(self, size: int) -> None:
        """BDAT with all of the message (RFC 3030); its answer is that of the point `dot`."""
        while len(self.buffer) < size:
            received = self._receive()
            if not received:
                raise _Gone
            self.buffer += received
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        mail = self.mail
        if not (mail and mail.recipients):
            self._send(b"503 5.5.1 no recipients\r\n")
            return
        mail.data = data
        self._verdict(mail)

    def _verdict(self, mail: Transaction) -> None:
        rule = self._rule("dot")
        keep = bool(rule and rule.keep)
        if keep:
            self._accept(mail)
        # Recorded before the answer is sent: a client that has it finds the message here.
        self._do(
            rule.action if rule else None,
            b"250 2.0.0 queued\r\n",
            on_yes=lambda: None if keep else self._accept(mail),
        )
        self.mail = None

    def _accept(self, mail: Transaction) -> None:
        with self.server.changed:
            self.server.accepted.append(mail)
            self.server.changed.notify_all()

    def _authenticate(self, words: list[str]) -> None:
        if words[0] == "LOGIN":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                self._send(prompt)
                self.server.commands.append(self._line().decode().strip())
        elif len(words) == 1:
            self._send(b"334 \r\n")
            self.server.commands.append(self._line().decode().strip())
        self._at("auth", "235 welcome")

    def _offers(self) -> list[str]:
        script = self.server.script
        clear = not isinstance(self.sock, ssl.SSLSocket)
        offers = {
            "PIPELINING": script.pipelining,
            "CHUNKING": script.chunking,
            f"SIZE {script.size}": script.size is not None,
            "SMTPUTF8": script.smtputf8,
            "STARTTLS": script.starttls and clear,
            f"AUTH {script.auth}": bool(script.auth),
        }
        lines = ["scripted", *(name for name, offered in offers.items() if offered)]
        return [*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]

    def _rule(self, point: str, recipient: str = "") -> Rule | None:
        number = self.mail.number if self.mail else 0
        sender = self.mail.sender if self.mail else ""
        if point == self.server.script.full_at and self.server.is_full(self.number):
            return Rule(point, self.server.script.full)
        return self.server.rule(point, number, self.number, recipient, sender)

    def _at(self, point: str, *usual: str, recipient: str = "") -> bool:
        """Answer at this point; whether the answer was positive."""
        rule = self._rule(point, recipient)
        return self._do(rule.action if rule else None, say(*usual).raw)

    def _do(
        self, action: Action | None, usual: bytes, on_yes: Callable[[], None] = lambda: None
    ) -> bool:
        answer = usual
        match action.kind if action else "":
            case "send" if action:
                answer = action.raw
            case "close":
                raise _Gone
            case "reset":
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Gone
            case "hang":
                self._wait(self.server.released)
            case "endless" | "dribble" if action:
                for piece in self._pieces(action):
                    self._send(piece)
            case "last":
                self.leaving = True
        positive = answer[:1] in (b"2", b"3")
        if answer[:1] == b"2":
            on_yes()
        self._send(answer)
        return positive

    def _pieces(self, action: Action) -> Iterator[bytes]:
        while not self.server.stopping.is_set():
            if action.kind == "endless":
                yield action.raw
            for byte in action.raw if action.kind == "dribble" else b"":
                yield bytes([byte])
                self._wait(self.server.stopping, 0.02)

    def _wait(self, event: threading.Event, longest: float | None = None) -> None:
        """Until the event, the client's leaving, or `longest` seconds."""
        patience = 0.02 if longest is None else longest
        while not event.wait(patience) and longest is None:
            if select.select([self.sock], [], [], 0)[0] and not self._peek():
                raise _Gone

    def _peek(self) -> bool:
        """Whether the client is still there. What TLS hides is taken as being there."""
        if isinstance(self.sock, ssl.SSLSocket):
            return True
        return bool(self.sock.recv(1, socket.MSG_PEEK))

    def _shake_hands(self) -> None:
        """TLS; or an answer in clear text to the client's first bytes, then the end."""
        if rule := self._rule("handshake"):
            self._receive()
            self._do(rule.action, b"")
            raise _Gone
        self._encrypt()

    def _encrypt(self) -> None:
        assert self.server.script.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server.script.certificate)
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def _line(self) -> bytes:
        while b"\n" not in self.buffer:
            received = self._receive()
            if not received:
                raise _Gone
            self.buffer += received
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def _receive(self) -> bytes:
        self.sock.settimeout(0.1)
        while not self.server.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                return self.sock.recv(65536)
        raise _Gone

    def _send(self, data: bytes) -> None:
        self.sock.settimeout(10)
        self.sock.sendall(data)
