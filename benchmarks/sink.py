"""The SMTP sink that all contenders send to: built once, one process per measurement."""

import select
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.message import BUILD

HERE = Path(__file__).parent


class SinkError(RuntimeError):
    """The sink did not answer in time."""


def command() -> list[str]:
    """The sink's command: sink.c, built if there is a compiler, or the slower Python sink."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return [sys.executable, str(HERE / "sink_fallback.py")]
    BUILD.mkdir(exist_ok=True)
    program, source = BUILD / "sink", HERE / "sink.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run([compiler, "-O2", "-o", str(program), str(source)], check=True)
    return [str(program)]


class Sink:
    """Accepts every message after `delay_ms` per round trip and records when."""

    def __init__(self, delay_ms: int = 0) -> None:
        self.process = subprocess.Popen(
            [*command(), "--delay-ms", str(delay_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._buffer = b""
        self.port = int(self._line(10).removeprefix("port "))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def wait(self, mails: int, seconds: float) -> None:
        """Sleep until that many messages were accepted; uses no processor time meanwhile."""
        self._say(f"wait {mails}")
        self._line(seconds)

    def count(self) -> tuple[int, int]:
        """The number of accepted messages, and their total size in bytes."""
        self._say("count")
        _, mails, _, size = self._line(10).split()
        return int(mails), int(size)

    def reset(self) -> None:
        self._say("reset")
        self._line(10)

    def times(self) -> list[tuple[int, int]]:
        """(id of the recipient, nanoseconds on the monotonic clock) of each accepted message."""
        self._say("times")
        found = []
        while (line := self._line(10)) != "end":
            number, at = line.split()
            found.append((int(number), int(at)))
        return found

    def _say(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def _line(self, seconds: float) -> str:
        assert self.process.stdout is not None
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], seconds)
            chunk = self.process.stdout.read1() if ready else b""  # type: ignore[attr-defined]
            if not chunk:
                raise SinkError(f"the sink did not answer for {seconds:.0f} s")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()
