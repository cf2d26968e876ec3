"""Statements that PostgreSQL plans once per connection."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.datetime import TimestamptzLoader

_KEPT: Final = "postroom_cursor"


def execute(
    statement: LiteralString | bytes, values: Sequence[object] | Mapping[str, object]
) -> psycopg.Cursor[Any]:
    """Run a statement on Django's connection, in Django's transaction; read the answer at once.

    Django's own cursor would put the values into the text, so that PostgreSQL parses and plans a
    new statement each time. All calls on one connection share the cursor that is returned; while a
    program observes Django's cursors, it is one of these. See what-speed-costs: prepared
    statements. Raises Django's database errors.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if _observed(database):
        return _by_django(database, statement, values)
    database.close_if_health_check_failed()
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        cursor: psycopg.Cursor[Any] | None = getattr(database, _KEPT, None)
        if cursor is None or cursor.connection is not database.connection:
            cursor = psycopg.Cursor(database.connection)
            # psycopg's own loader, in C where available, instead of Django's.
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
            setattr(database, _KEPT, cursor)
        return cursor.execute(statement, values)


def _observed(database: BaseDatabaseWrapper) -> bool:
    """Whether statements must pass Django's cursor: it logs them, wrappers wait for them, or a
    program such as django-debug-toolbar has put its own `cursor` in the place of Django's."""
    return bool(
        database.execute_wrappers or database.queries_logged or "cursor" in database.__dict__
    )


def _by_django(
    database: BaseDatabaseWrapper,
    statement: LiteralString | bytes,
    values: Sequence[object] | Mapping[str, object],
) -> psycopg.Cursor[Any]:
    text = statement.decode() if isinstance(statement, bytes) else statement
    cursor: Any = database.cursor()
    cursor.execute(text, values)
    return cast("psycopg.Cursor[Any]", cursor)
