"""Statements that PostgreSQL plans once per connection."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.types.datetime import TimestamptzLoader

_KEPT: Final = "postroom_cursor"


def execute(
    statement: LiteralString | bytes, values: Sequence[object] | Mapping[str, object]
) -> psycopg.Cursor[Any]:
    """Run a statement on Django's connection, in Django's transaction; read the answer at once.

    Django's own cursor would put the values into the text, so that PostgreSQL parses and plans a
    new statement each time. All calls on one connection share the cursor that is returned. See
    what-speed-costs: prepared statements. Raises Django's database errors.
    """
    database = connections[DEFAULT_DB_ALIAS]
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
