"""Imports one old table: page by page, each row once; reports and skips a bad row."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from postroom.web.emails import selectors
from postroom.web.emails.errors import EmailRequestError
from postroom.web.importing.batch import ImportBatch
from postroom.web.importing.old_mail import OldMail, OldQueue, OldRow, UnreadableMailError


@dataclass(slots=True)
class Tally:
    """The outcome of the rows: by status here, imported before, or not imported."""

    imported: Counter[str] = field(default_factory=Counter)
    before: int = 0
    bad: int = 0


class Importer:
    """`report` gets a line for each row that is not imported, with the reason.

    `dry_run`: check everything and write nothing. `mark`: make sure that the old sender does not
    send imported rows, after they are stored here and while they are locked there.
    """

    def __init__(self, report: Callable[[str], None], *, dry_run: bool, mark: bool) -> None:
        self.tally = Tally()
        self._report = report
        self.dry_run = dry_run
        self._mark = mark

    def take_over(self, queue: OldQueue) -> None:
        """Import the rows of `queue` that have not been imported yet."""
        for rows in queue.pages():
            done = self._imported_before(queue, rows)
            self._import(queue, [row for row in rows if row.id not in done], done)
            if self._mark and done and not self.dry_run:
                queue.mark(sorted(row_id for row_id, ours in done.items() if ours))

    def _imported_before(self, queue: OldQueue, rows: Sequence[OldRow]) -> dict[int, bool]:
        """Rows whose keys exist, by id: whether the e-mail was made from this very row."""
        keys = {_key(queue, row): row for row in rows}
        existing = selectors.with_keys(keys).values_list("pk", "idempotency_key", "metadata")
        done = {}
        for email_id, key, metadata in existing:
            row = keys[key]
            done[row.id] = metadata.get("imported") == _origin(queue, row)
            if done[row.id]:
                self.tally.before += 1
            else:
                self.refuse(
                    queue.table,
                    row.id,
                    f"e-mail {email_id} has its key {key!r} and was made from another row; give "
                    "each old site its own name with --source",
                )
        return done

    def _import(self, queue: OldQueue, rows: Iterable[OldRow], done: dict[int, bool]) -> None:
        batch, taken = ImportBatch(), dict[int, tuple[OldRow, OldMail]]()
        for row in rows:
            try:
                mail = queue.read(row)
                _add(batch, queue, row, mail)
            except (UnreadableMailError, EmailRequestError) as error:
                self.refuse(queue.table, row.id, str(error))
                continue
            taken[row.id] = (row, mail)
            if batch.full:
                self._store(batch, queue, taken, done)
                batch, taken = ImportBatch(), {}
        self._store(batch, queue, taken, done)

    def _store(
        self,
        batch: ImportBatch,
        queue: OldQueue,
        taken: Mapping[int, tuple[OldRow, OldMail]],
        done: dict[int, bool],
    ) -> None:
        try:
            if not self.dry_run:
                batch.queue()
        except EmailRequestError:
            # Rare: an e-mail has expired since its check. Find out which.
            for row, mail in taken.values():
                self._store_alone(queue, row, mail, done)
            return
        for row, mail in taken.values():
            self._count(row, mail, done)

    def _store_alone(
        self, queue: OldQueue, row: OldRow, mail: OldMail, done: dict[int, bool]
    ) -> None:
        batch = ImportBatch()
        try:
            _add(batch, queue, row, mail)
            batch.queue()
        except EmailRequestError as error:
            self.refuse(queue.table, row.id, str(error))
        else:
            self._count(row, mail, done)

    def _count(self, row: OldRow, mail: OldMail, done: dict[int, bool]) -> None:
        done[row.id] = True
        self.tally.imported[mail.status.value] += 1

    def refuse(self, table: str, row: int | str, why: str) -> None:
        """Report that a row is not imported, and count it."""
        self.tally.bad += 1
        self._report(f"{table} {row}: {why}")


def _key(queue: OldQueue, row: OldRow) -> str:
    return f"{queue.key}:{row.id}"


def _origin(queue: OldQueue, row: OldRow) -> dict[str, str | int]:
    return {"from": queue.name, "id": row.id, "created": row.created.isoformat()}


def _add(batch: ImportBatch, queue: OldQueue, row: OldRow, mail: OldMail) -> None:
    batch.add(mail, key=_key(queue, row), origin=_origin(queue, row), created=row.created)
