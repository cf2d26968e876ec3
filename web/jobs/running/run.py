"""`Run`: what a job uses to count, to send e-mails, and to see when to stop."""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from postroom.web.jobs.logs import log
from postroom.web.jobs.running.history import Counts
from postroom.web.jobs.running.progress import opened

if TYPE_CHECKING:
    from postroom.web.jobs.running.outgoing import Outgoing

T = TypeVar("T")
CHUNK: Final = 500  # items per transaction: bounded memory, short locks, few commits


@dataclass(frozen=True, slots=True)
class Start:
    """How a run starts. `now`: an aware time; `timezone`: the job's; `stop`: set to end it early.

    `due`: the due time it runs for, if a schedule started it. `again`: send on purpose what was
    sent already.
    """

    now: datetime
    timezone: ZoneInfo
    stop: threading.Event
    due: datetime | None = None
    again: bool = False


class Run:
    """One run of a job.

    `now`: when it began (aware, UTC); `today`: that day in the job's time zone. `due_day`: the day
    of its due time in that zone, earlier than `today` if the run starts late; the same as `today`
    for a run started by hand. Count from `due_day` what the run is *for* (tomorrow's roster, the
    month's reminder), and from `today` how long something has lasted. `commit` is called with a
    chunk's counts inside its transaction, last before the commit.
    """

    def __init__(
        self,
        start: Start,
        *,
        outgoing: "Outgoing",
        commit: Callable[[Counts], None],
        dry_run: bool = False,
    ) -> None:
        self.now: datetime = start.now.astimezone(UTC)
        self.today: date = start.now.astimezone(start.timezone).date()
        self.due_day: date = (start.due or start.now).astimezone(start.timezone).date()
        self.dry_run = dry_run
        # With --again, the same on one day: a second run on that day sends nothing twice.
        self._again = f"+again-{self.today}" if start.again else ""
        self.counts = Counts()
        self.skipped: Counter[str] = Counter()
        self._pending = Counts()
        self._mails: list[dict[str, Any]] = []
        self._in_chunk = False
        self._left_early = False
        self._loop: Generator[Any, None, None] | None = None
        self._outgoing = outgoing
        self._commit = commit
        self._stop = start.stop

    @property
    def stop_requested(self) -> bool:
        """True after SIGTERM; `progress` then ends by itself."""
        return self._stop.is_set()

    def progress(
        self, items: Iterable[T], *, total: int | None = None, chunk: int = CHUNK
    ) -> Iterator[T]:
        """Yield each item, and show progress on a bar or in the log, until the end or a stop.

        Items come in chunks, each with its own transaction around the loop's body: what the body
        writes and the e-mails it sends commit together or not at all. `chunk`: items per chunk; 1
        where each item is much work. A queryset is read through a server-side cursor. Skip an item
        with `continue`; never leave the loop early.

        Raises:
            LockLostError: at the end of a chunk, if the lock was lost; the chunk is rolled back.
        """
        self._loop = self._iterate(items, total, chunk)
        return self._loop

    def found(self, n: int = 1) -> None:
        """Count items that need an e-mail or a change."""
        self._count("found", n)

    def changed(self, n: int = 1) -> None:
        """Count rows that the job itself changed; in a dry run it must not change any."""
        self._count("changed", n)

    def skip(self, reason: str, **about: Any) -> None:
        """Count an item that cannot be processed, for example one without an address.

        `about`: which item, for the log: ids, never an address.
        """
        self.skipped[reason] += 1
        log.warning("job_item_skipped", reason=reason, **about)
        self._count("skipped", 1)

    def send(self, **mail: Any) -> None:
        """Queue one e-mail: the arguments of `email_service.send_email_task`.

        In a loop over `progress` it is queued with its chunk, elsewhere at once. An e-mail whose
        `idempotency_key` was used before counts as already sent. One that is refused (for example
        for an invalid address) counts as failed and is logged; the others go on.

        Raises:
            LockLostError: outside of `progress`, if the lock was lost.
        """
        if self._again and mail.get("idempotency_key"):
            mail["idempotency_key"] += self._again
        if not self._in_chunk:
            with self._chunk():
                self._mails.append(mail)
            return
        self._mails.append(mail)
        if len(self._mails) >= CHUNK:
            self._deliver()

    def finish(self) -> None:
        """Commit counts that no chunk has committed.

        Raises:
            RuntimeError: the job left a loop over `progress` early, which rolled its chunk back.
        """
        self.abandon()
        if self._left_early:
            raise RuntimeError("the job left a loop over run.progress by break or return")
        if self._pending != Counts():
            with self._chunk():
                pass

    def abandon(self) -> None:
        """Roll back a chunk that is still open."""
        if self._loop is not None:
            self._loop.close()

    def _iterate(
        self, items: Iterable[T], total: int | None, size: int
    ) -> Generator[T, None, None]:
        source, shown = opened(items, total, size=size)
        try:
            # Read before the transaction begins, so that a server-side cursor outlives it.
            while not self.stop_requested and (chunk := list(islice(source, size))):
                with self._chunk():
                    for item in chunk:
                        if self.stop_requested:
                            break
                        yield item
                        shown.advance()
                shown.chunk_committed()
        except GeneratorExit:
            self._left_early = True
            raise
        finally:
            shown.end()

    def _count(self, name: str, n: int) -> None:
        setattr(self._pending, name, getattr(self._pending, name) + n)

    def _deliver(self) -> None:
        mails, self._mails = self._mails, []
        if mails:
            self._outgoing.deliver(mails, self._pending)

    @contextmanager
    def _chunk(self) -> Iterator[None]:
        if self._in_chunk:
            raise RuntimeError("run.progress cannot be used inside a loop over run.progress")
        self._in_chunk = True
        try:
            with transaction.atomic():
                yield
                self._deliver()
                self._commit(self._pending)
            self.counts += self._pending
        finally:
            self._in_chunk = False
            self._pending = Counts()
            self._mails = []
