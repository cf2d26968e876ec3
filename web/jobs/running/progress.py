"""Shows the progress of a run: a bar on a terminal, lines in the log elsewhere."""

import sys
from collections.abc import Iterable, Iterator, Sized
from typing import TextIO, TypeVar

from django.db.models import QuerySet

from postroom.web.jobs.logs import log

T = TypeVar("T")
_WIDTH = 30


class ProgressBar:
    """`total`: how many items there are, or None if that is unknown."""

    def __init__(self, total: int | None, *, stream: TextIO | None = None) -> None:
        self._total = total
        self._done = 0
        self._stream = stream or sys.stderr
        self._on_terminal = self._stream.isatty()

    def advance(self) -> None:
        """Count one more item as done."""
        self._done += 1
        if self._on_terminal and (self._done % 10 == 0 or self._done == self._total):
            # Back to the left edge: a line of the log or of a dry run's table overwrites the bar.
            self._stream.write(f"\r{self}\r")
            self._stream.flush()

    def chunk_committed(self) -> None:
        """Log that a chunk is committed, where there is no terminal."""
        if not self._on_terminal:
            log.info("job_progress", done=self._done, total=self._total)

    def end(self) -> None:
        """Draw the bar a last time and end its line."""
        if self._on_terminal and self._done:
            self._stream.write(f"\r{self}\n")

    def __str__(self) -> str:
        if not self._total:
            return f"{self._done} done"
        filled = _WIDTH * min(self._done, self._total) // self._total
        return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {self._done}/{self._total}"


def opened(items: Iterable[T], total: int | None, *, size: int) -> tuple[Iterator[T], ProgressBar]:
    """An iterator over `items`, with `size` rows of a queryset in memory, and its progress bar.

    `total`: how many items there are; None: count them where that is cheap.
    """
    if isinstance(items, QuerySet):
        return items.iterator(size), ProgressBar(items.count() if total is None else total)
    if total is None and isinstance(items, Sized):
        total = len(items)
    return iter(items), ProgressBar(total)
