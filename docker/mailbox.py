"""Opens the mail catcher, which listens on 127.0.0.1 alone, to other containers."""

import asyncio
import signal
import sys
from functools import partial

# The port others use, and the catcher's own.
_SMTP, _PAGE = (1025, 11025), (8025, 18025)


async def main() -> int:
    """Run the catcher until it is told to stop; its exit code."""
    ports = ["--port", str(_SMTP[1]), "--http-port", str(_PAGE[1])]
    catcher = await asyncio.create_subprocess_exec(sys.executable, "-m", "dev.mailbox", *ports)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, catcher.terminate)
    everywhere = "0.0.0.0"  # noqa: S104  in a container: its ports are published one by one
    for port, inner in (_SMTP, _PAGE):
        await asyncio.start_server(partial(_forward, inner), everywhere, port)
    return await catcher.wait()


async def _forward(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # the catcher is still starting
        writer.close()
        return
    both = _copy(reader, inner_writer), _copy(inner_reader, writer)
    await asyncio.gather(*both, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
