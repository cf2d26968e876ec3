"""What an exception of a job means: its reason in one line, and whether it may pass by itself."""

from collections.abc import Iterator
from typing import Final

import psycopg
from django.db import InterfaceError, OperationalError

from postroom.shared.telemetry.masking import mask_addresses

# PgBouncer in transaction mode gives the next statement to another session of PostgreSQL.
_NO_CURSOR: Final = (
    "Behind a pooler in transaction mode (PgBouncer) set DATABASE_SERVER_SIDE_CURSORS=no, or "
    "DISABLE_SERVER_SIDE_CURSORS in a site's own DATABASES"
)

_LONGEST_CHAIN: Final = 10


def reason(error: BaseException) -> str:
    """The error in one line, with what to do about it where that is known.

    It is stored and leaves the machine, so it names no person: PostgreSQL's DETAIL, which quotes
    the values of a row, is left out, and addresses are masked.
    """
    text = _line(error)
    for cause in _chain(error):
        if isinstance(cause, psycopg.Error) and (message := cause.diag.message_primary):
            text = text.replace(_line(cause), message)
    text = mask_addresses(text)
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


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised from: its text may quote theirs."""
    for _ in range(_LONGEST_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _both(error: BaseException) -> tuple[BaseException, ...]:
    """The error, and that of psycopg behind one of Django's."""
    return (error,) if error.__cause__ is None else (error, error.__cause__)
