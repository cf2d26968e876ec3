"""The sink of sink.c in asyncio, for machines without a C compiler; same arguments, same lines."""

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Callable

DOT = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": "250-sink\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-SIZE 52428800\r\n250 8BITMIME",
    b"HELO": "250 ok",
    b"MAIL": "250 2.1.0 ok",
    b"RCPT": "250 2.1.5 ok",
    b"DATA": "354 go on",
    b"RSET": "250 ok",
    b"NOOP": "250 ok",
    b"QUIT": "221 bye",
}


class Book:
    """What was accepted and when; answers `wait` when enough messages were accepted."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accepted: list[tuple[int, int]] = []
        self.size = 0
        self.waited_for: int | None = None

    def add(self, number: int, size: int) -> None:
        self.accepted.append((number, time.monotonic_ns()))
        self.size += size
        self.look()

    def look(self) -> None:
        if self.waited_for is not None and len(self.accepted) >= self.waited_for:
            self.waited_for = None
            self.say_count()

    def say_count(self) -> None:
        print(f"count {len(self.accepted)} bytes {self.size}", flush=True)

    def obey(self, line: str) -> None:
        match line.split():
            case ["wait", mails]:
                self.waited_for = int(mails)
                self.look()
            case ["count"]:
                self.say_count()
            case ["reset"]:
                self.reset()
                self.say_count()
            case ["times"]:
                print("".join(f"{number} {at}\n" for number, at in self.accepted) + "end")
                sys.stdout.flush()


class Session(asyncio.Protocol):
    """One connection; the CRLF of DATA stays buffered, so that an empty body is recognised."""

    def __init__(self, book: Book, delay: float) -> None:
        self.book, self.delay = book, delay
        self.buffer, self.in_data, self.size, self.recipient = bytearray(), False, 0, -1
        self.octets = 0  # of a BDAT

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.answer("220 sink ESMTP")

    def answer(
        self,
        text: str,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
    ) -> None:
        def release() -> None:
            if before:
                before()
            self.transport.write(text.encode() + b"\r\n")  # type: ignore[attr-defined]
            if after:
                after()

        if self.delay:
            asyncio.get_running_loop().call_later(self.delay, release)
        else:
            release()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.chunk() if self.octets else self.body() if self.in_data else self.command():
            pass

    def chunk(self) -> bool:
        """Accept a message sent by one BDAT (RFC 3030), once all of it has arrived."""
        if len(self.buffer) < self.octets:
            return False
        del self.buffer[: self.octets]
        number, size, self.octets = self.recipient, self.octets, 0
        self.answer("250 2.0.0 accepted", lambda: self.book.add(number, size))
        return True

    def body(self) -> bool:
        at = self.buffer.find(DOT)
        done = at if at >= 0 else max(0, len(self.buffer) - len(DOT) + 1)
        self.size += done
        if at < 0:
            del self.buffer[:done]
            return False
        del self.buffer[: at + len(DOT)]
        self.in_data = False
        number, size = self.recipient, self.size
        self.answer("250 2.0.0 accepted", lambda: self.book.add(number, size))
        return True

    def command(self) -> bool:
        end = self.buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end])
        verb = line[:4].upper()
        if verb == b"RCPT" and (found := re.search(rb"\d+", line)):
            self.recipient = int(found[0])
        self.in_data, self.size = verb == b"DATA", 0
        del self.buffer[: end if self.in_data else end + 2]
        if verb == b"BDAT":
            self.octets = int(line.split()[1])
            return True
        goodbye = self.transport.close if verb == b"QUIT" else None
        self.answer(REPLIES.get(verb, "502 5.5.1 unknown command"), after=goodbye)
        return True


async def serve(port: int, delay: float) -> None:
    book, loop = Book(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(book, delay), "127.0.0.1", port)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        book.obey(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.delay_ms / 1000))
