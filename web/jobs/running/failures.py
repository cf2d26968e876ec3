"""What an exception of a job means: its reason in one line, and whether it may pass by itself."""

from typing import Final

import psycopg
from django.db import InterfaceError, OperationalError

# PgBouncer in transaction mode gives the next statement to another session of PostgreSQL.
_NO_CURSOR: Final = (
    "Behind a pooler in transaction mode (PgBouncer) set DATABASE_SERVER_SIDE_CURSORS=no, or "
    "DISABLE_SERVER_SIDE_CURSORS in a site's own DATABASES"
)


def reason(error: BaseException) -> str:
    """The error in one line, with what to do about it where that is known."""
    text = " ".join(str(error).split())
    is_pooled = any(isinstance(e, psycopg.errors.InvalidCursorName) for e in _both(error))
    return f"{text}. {_NO_CURSOR}" if is_pooled else text


def may_pass(error: BaseException) -> bool:
    """Whether another try has a chance without anybody's help.

    True for a database that is away, switches over or breaks a deadlock, and for errors of the
    network and the system (OSError, with ConnectionError and TimeoutError).
    """
    passing = (
        OperationalError,
        InterfaceError,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.errors.ReadOnlySqlTransaction,
        OSError,
    )
    return any(isinstance(e, passing) for e in _both(error))


def _both(error: BaseException) -> tuple[BaseException, ...]:
    """The error, and that of psycopg behind one of Django's."""
    return (error,) if error.__cause__ is None else (error, error.__cause__)
