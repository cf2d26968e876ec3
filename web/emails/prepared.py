"""A cursor whose statements PostgreSQL plans once a connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def prepared_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """psycopg's own cursor on Django's connection, in Django's transaction.

    Django's would paste the values into the text: each would be a new statement to parse and plan,
    which costs more than running it. Raises Django's database errors.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors, psycopg.Cursor(database.connection) as cursor:
        yield cursor
