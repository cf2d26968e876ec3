"""Writes finished lines to stderr: one system call per line, or one for many lines."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

# A pipe takes this much in one piece (PIPE_BUF of Linux): two processes may share one log.
_WHOLE: Final = 4096
_kept: Final = threading.local()


class Lines:
    """A logger as structlog wants it; lines of two threads or processes never mix."""

    def msg(self, line: str) -> None:
        """Write `line`, or keep it for the end of `together`."""
        lines = getattr(_kept, "lines", None)
        if lines is None:
            _write(line)
        else:
            lines.append(line)

    debug = info = warning = error = critical = exception = fatal = log = msg


@contextmanager
def together() -> Iterator[None]:
    """Keep this thread's lines until the block ends, then write as many per system call as fit.

    For code that logs a line for each of many e-mails (see what-speed-costs: log lines together).
    """
    if getattr(_kept, "lines", None) is not None:
        yield
        return
    lines: list[str] = []
    _kept.lines = lines
    try:
        yield
    finally:
        _kept.lines = None
        _write_together(lines)


def _write_together(lines: Sequence[str]) -> None:
    portion: list[str] = []
    size = 0
    for line in lines:
        length = len(line) + 1  # JSON is ASCII
        if portion and size + length > _WHOLE:
            _write("\n".join(portion))
            portion, size = [], 0
        portion.append(line)
        size += length
    if portion:
        _write("\n".join(portion))


def _write(text: str) -> None:
    # A full disk or a closed pipe under the log must not stop mail.
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
