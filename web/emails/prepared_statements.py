"""Statements that PostgreSQL plans once a connection."""

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

    Django's own cursor would paste the values into the text: each would be a new statement to
    parse and plan, which costs more than running it. The cursor returned is one for all calls on
    this connection, as making one and finding its adapters anew costs a tenth of queueing an
    e-mail. Raises Django's database errors.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        cursor: psycopg.Cursor[Any] | None = getattr(database, _KEPT, None)
        if cursor is None or cursor.connection is not database.connection:
            cursor = psycopg.Cursor(database.connection)
            # psycopg's own, in C where it has one: Django's is written in Python.
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
            setattr(database, _KEPT, cursor)
        return cursor.execute(statement, values)
