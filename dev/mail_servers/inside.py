"""A process in a mail server's network: lets our ports lead in, and runs what the server needs.

It begins in a network namespace of its own, without any way out, and with listening sockets that
were made in ours. It ends when its standard input does, so with its owner.
"""

import argparse
import asyncio
import fcntl
import os
import socket
import struct
import sys
from functools import partial
from pathlib import Path

from dev.mail_servers.plan import POLICY, SINK

_LOOPBACK = "127.0.0.1"
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # ioctls of netdevice(7)
_NAME_AND_FLAGS = "16sh14x"


def main(arguments: list[str]) -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m dev.mail_servers.inside", description=__doc__)
    parser.add_argument("--forward", action="append", default=[], help="listening socket:port")
    parser.add_argument("--sink", type=Path, help="maildir of the next hop")
    parser.add_argument("--greylist", action="store_true", help="run the policy server")
    options = parser.parse_args(arguments)
    _loopback_up()
    asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> None:
    for pair in options.forward:
        number, _, port = pair.partition(":")
        listener = socket.socket(fileno=int(number))
        await asyncio.start_server(partial(_forward, int(port)), sock=listener)
    if options.sink:
        await _serve_sink(options.sink)
    if options.greylist:
        await asyncio.start_server(partial(_answer_policy, set()), _LOOPBACK, POLICY)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    os._exit(0)  # connections end with this process, and no tasks for them complain


def _loopback_up() -> None:
    with socket.socket() as any_socket:
        number = any_socket.fileno()
        asked = struct.pack(_NAME_AND_FLAGS, b"lo", 0)
        name, flags = struct.unpack(_NAME_AND_FLAGS, fcntl.ioctl(number, _GET_FLAGS, asked))
        fcntl.ioctl(number, _SET_FLAGS, struct.pack(_NAME_AND_FLAGS, name, flags | _UP))


async def _forward(
    port: int, near_reader: asyncio.StreamReader, near_writer: asyncio.StreamWriter
) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(_LOOPBACK, port)
    except OSError:  # the server is down
        _reset(near_writer)
        return
    await asyncio.gather(_pump(near_reader, far_writer), _pump(far_reader, near_writer))
    near_writer.close()
    far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction; an end stays an end and a reset a reset."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _serve_sink(maildir: Path) -> None:
    from aiosmtpd.smtp import Envelope

    from dev.mail_servers.maildir import keep
    from dev.mailbox_smtp import Connection

    def accept(envelope: Envelope) -> int:
        content = envelope.content
        keep(maildir, envelope.rcpt_tos, content if isinstance(content, bytes) else b"")
        return 1

    loop = asyncio.get_running_loop()
    transports: set[asyncio.BaseTransport] = set()
    await loop.create_server(partial(Connection, accept, transports, loop), _LOOPBACK, SINK)


async def _answer_policy(
    known: set[tuple[str, str]], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Postfix's protocol SMTPD_POLICY_README; what a greylist says, whose minutes have passed."""
    while request := await _request(reader):
        pair = (request.get("sender", ""), request.get("recipient", ""))
        action = "DUNNO" if pair in known else "DEFER_IF_PERMIT 4.2.0 Greylisted, try again later"
        known.add(pair)
        writer.write(f"action={action}\n\n".encode())
        await writer.drain()
    writer.close()


async def _request(reader: asyncio.StreamReader) -> dict[str, str]:
    found = {}
    while line := (await reader.readline()).decode().rstrip("\n"):
        name, _, value = line.partition("=")
        found[name] = value
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
