"""The SMTP side of the mail catcher: one client's dialogue, by aiosmtpd."""

import asyncio
import logging
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_LIMIT = 50 * 1024 * 1024
# Keeps a message and returns its number.
Accept = Callable[[Envelope], int]
# aiosmtpd logs every command at INFO.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class Connection(SMTP):
    """One client's dialogue. aiosmtpd reads line by line, so commands may come in groups."""

    def __init__(
        self,
        accept: Accept,
        transports: set[asyncio.BaseTransport],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._transports = transports
        self._chunks: list[bytes] = []
        self._keeper = _Handler(accept)
        super().__init__(
            self._keeper,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="mailbox.localhost",
            ident="Postroom mail catcher",
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.add(transport)
        self._own_transport = transport
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._transports.discard(self._own_transport)
        super().connection_lost(error)

    async def smtp_BDAT(self, argument: str | None) -> None:
        """A chunk of the message (RFC 3030); the last one ends it like the final dot."""
        size, _, last = (argument or "").upper().partition(" ")
        if not size.isdecimal() or last not in ("", "LAST"):
            await self.push("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        # Read it whatever the reply will be: these octets are not a command.
        self._chunks.append(await self._reader.readexactly(int(size)))
        if not (self.envelope and self.envelope.rcpt_tos):
            self._chunks.clear()
            await self.push("503 5.5.1 Error: need RCPT command")
        elif last:
            self.envelope.content = b"".join(self._chunks)
            self._chunks.clear()
            await self.push(self._keeper.keep(self.envelope))
            self._set_post_data_state()  # type: ignore[no-untyped-call]  # aiosmtpd
        else:
            await self.push("250 2.0.0 Go on")


class _Handler:
    """aiosmtpd calls these by name."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept

    async def handle_EHLO(
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", "250-CHUNKING", *responses[1:]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        return self.keep(envelope)

    def keep(self, envelope: Envelope) -> str:
        """Keep the message; returns the reply to its sender."""
        return f"250 2.0.0 Kept as number {self._accept(envelope)}"
