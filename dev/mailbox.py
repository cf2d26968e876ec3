"""The mail catcher: a real SMTP server that keeps every message it accepts and delivers none.

In a test: `with Mailbox() as mailbox: ...; mailbox.wait_for(2)`. As a process, with a web page
that shows the messages: `python -m dev.mailbox --port 1025 --http-port 8025`.
"""

import argparse
import asyncio
import json
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property, partial
from typing import Any

from aiosmtpd.smtp import Envelope

from dev.mailbox_smtp import Connection

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Received:
    """One accepted message as received, with its envelope."""

    number: int
    mail_from: str
    rcpt_tos: list[str]
    raw: bytes
    accepted_at: datetime

    @cached_property
    def message(self) -> EmailMessage:
        """The message parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The plain text part; empty if there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML part; empty if there is none."""
        return self._body("html")

    @property
    def attachments(self) -> list[EmailMessage]:
        return list(self.message.iter_attachments())

    def _body(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return "" if part is None else part.get_content()


class Mailbox:
    """An SMTP server on its own thread; it can be stopped and started again."""

    def __init__(self, port: int = 0, *, host: str = LOOPBACK) -> None:
        self._arrived = threading.Condition()
        self._messages: list[Received] = []
        self._last_number = 0
        self._host = host
        self._wanted_port = port
        self._transports: set[asyncio.BaseTransport] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.port = port

    def start(self) -> None:
        """Listen; `port` is known afterwards."""
        loop = self._loop = asyncio.new_event_loop()
        connect = partial(Connection, self._accept, self._transports, loop)
        server = loop.run_until_complete(loop.create_server(connect, self._host, self._wanted_port))
        # Keeps its port after a stop and start, like a real server.
        self.port = self._wanted_port = server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(loop, server), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and cut open connections; received messages are kept."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> "Mailbox":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def messages(self) -> list[Received]:
        """What has been accepted so far, oldest first."""
        with self._arrived:
            return list(self._messages)

    def wait_for(self, count: int, deadline_seconds: float = 10.0) -> list[Received]:
        """All messages, once at least `count` have been accepted.

        Raises:
            TimeoutError: fewer came in time; it lists their subjects.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._messages) >= count, deadline_seconds):
                subjects = [received.subject for received in self._messages]
                raise TimeoutError(
                    f"{len(subjects)} of {count} e-mails came in {deadline_seconds:g} s: {subjects}"
                )
            return list(self._messages)

    def clear(self) -> None:
        """Delete the accepted messages."""
        with self._arrived:
            self._messages.clear()

    def _accept(self, envelope: Envelope) -> int:
        with self._arrived:
            self._last_number += 1
            content = envelope.content
            received = Received(
                number=self._last_number,
                mail_from=envelope.mail_from or "",
                rcpt_tos=list(envelope.rcpt_tos),
                raw=content if isinstance(content, bytes) else str(content).encode(),
                accepted_at=datetime.now(UTC),
            )
            self._messages.append(received)
            self._arrived.notify_all()
            return received.number

    def _serve(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        loop.run_forever()
        for listening in server.sockets:
            loop.remove_reader(listening)
        loop.run_until_complete(self._cut_connections())
        # Not before: asyncio forgets to close a connection whose server was closed meanwhile.
        server.close()
        loop.close()

    async def _cut_connections(self) -> None:
        """End every connection, and wait until one that is being accepted can be ended too."""
        while self._transports or asyncio.all_tasks() - {asyncio.current_task()}:
            for transport in list(self._transports):
                transport.abort()  # type: ignore[attr-defined]
            await asyncio.sleep(0)


def main(arguments: list[str] | None = None) -> int:
    """Catch and show e-mails until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m dev.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, default=1025, help="SMTP port (0: any free one)")
    parser.add_argument("--http-port", type=int, default=8025, help="port of the page")
    parser.add_argument("--host", default=LOOPBACK, help="address (0.0.0.0: all, in a container)")
    parser.add_argument("--print-ports", action="store_true", help="print the ports as JSON")
    options = parser.parse_args(arguments)

    from dev.mailbox_page import serve_page

    # A handler that set an event might wait for itself: see postroom/shared/process/stopping.py.
    heard, handled = socket.socketpair()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: handled.send(b"x"))
    with (
        Mailbox(options.port, host=options.host) as mailbox,
        serve_page(mailbox, options.http_port, host=options.host) as http_port,
    ):
        if options.print_ports:
            ports: dict[str, Any] = {"smtp_port": mailbox.port, "http_port": http_port}
            print(json.dumps(ports), flush=True)
        else:
            page = f"http://{options.host}:{http_port}/"
            place = f"{options.host}:{mailbox.port}"
            print(f"E-mails sent to {place} are kept; read them at {page}", flush=True)
        heard.recv(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
