"""The old queue's database: Postroom's own, or the one of OLD_DATABASE_URL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection
from psycopg.rows import dict_row

from postroom.shared.database_url import parse, with_options
from postroom.shared.env import Environment, SettingsError
from postroom.web.importing.old_mail import PAGE_BYTES, PAGE_ROWS, OldRow

# Django's own parameters, unknown to psycopg.
_NOT_OURS: Final = frozenset({"context", "cursor_factory", "prepare_threshold"})
# At least one row, however large. PostgreSQL knows the size of a long text without reading it.
_FITTING: Final = """
WITH page AS ({})
SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM page) p
WHERE before < %(bytes)s ORDER BY id
"""


class SourceError(Exception):
    """The old queue cannot be read; the message says why and what to do."""


class Source:
    """A connection to the old tables. Each page is a transaction of its own."""

    def __init__(self, old: psycopg.Connection[dict[str, Any]], *, writable: bool) -> None:
        self._old = old
        self._writable = writable

    def require(self, tables: Sequence[str]) -> None:
        """Make sure that the tables exist.

        Raises:
            SourceError: names those that do not.
        """
        found = self._old.execute(
            "SELECT name FROM unnest(%s::text[]) name WHERE to_regclass(name) IS NULL",
            (list(tables),),
        ).fetchall()
        self._old.commit()
        if found:
            names = ", ".join(row["name"] for row in found)
            raise SourceError(
                f"The database {self._old.info.dbname!r} has no table {names}. Run this where the "
                "old tables are, or name their database in OLD_DATABASE_URL."
            )

    def pages(self, page: str, rows: str, values: Mapping[str, Any]) -> Iterator[list[OldRow]]:
        """Rows by id, in pages bounded by number and by size.

        `page`: a statement that selects `id` and `size` (bytes) after %(after)s, at most %(rows)s;
        `rows`: one that selects the rows of the ids in %(ids)s, the table named `e`.
        """
        lock = "FOR UPDATE OF e" if self._writable else ""
        after = 0
        while True:
            given = {"after": after, "rows": PAGE_ROWS, "bytes": PAGE_BYTES, **values}
            ids = [row["id"] for row in self._old.execute(_FITTING.format(page), given)]
            if not ids:
                return
            found = self._old.execute(f"{rows} ORDER BY e.id {lock}", {**values, "ids": ids})
            yield [OldRow(row["id"], row["created"], row) for row in found]
            self._old.commit()
            after = ids[-1]

    def select(self, statement: str) -> list[dict[str, Any]]:
        """All rows of a short statement."""
        found = self._old.execute(statement).fetchall()
        self._old.commit()
        return found

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Change the old tables; committed at the end of the page."""
        self._old.execute(statement, values)


@contextmanager
def open_source(*, writable: bool) -> Iterator[Source]:
    """Connect; unless `writable`, PostgreSQL itself rejects every change.

    Raises:
        SourceError: no connection.
    """
    name = "OLD_DATABASE_URL"
    given: dict[str, Any]
    try:
        if url := Environment().text(name):
            given = dict(parse(url, name))
            given["options"] = with_options("", given.get("options", ""))
        else:
            name, given = "DATABASE_URL", dict(connection.get_connection_params())
        known = {key: value for key, value in given.items() if key not in _NOT_OURS}
        old = psycopg.connect("", row_factory=dict_row, **known)
    except SettingsError as error:
        raise SourceError(str(error)) from None
    except psycopg.OperationalError as error:
        raise SourceError(f"Cannot connect to the database of {name}: {error}") from error
    with old:
        old.execute("SET TIME ZONE 'UTC'")
        # The site's own limit is too strict for long reads.
        old.execute("SET statement_timeout = 0")
        # A sender that was not stopped locks rows: fail soon instead of waiting for it.
        old.execute("SET lock_timeout = '10s'")
        old.commit()
        old.read_only = not writable
        yield Source(old, writable=writable)
