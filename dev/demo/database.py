"""Checks a given database before the demo uses it."""

import psycopg

_IN_USE = """
SELECT (SELECT count(*) FROM postroom_emailqueue WHERE status IN ('pending', 'processing')),
       (SELECT count(*) FROM postroom_mailer WHERE last_seen_at > now() - interval '30 seconds')
"""


class DatabaseInUseError(Exception):
    """The database holds e-mails of another site; the message says what to do."""


def refuse_database_in_use(url: str) -> None:
    """Refuse a database whose real e-mails the demo would send to the catcher.

    Raises:
        DatabaseInUseError: there are unfinished e-mails or running mailers.
    """
    with psycopg.connect(url, connect_timeout=5) as connection:
        if not (_has(connection, "postroom_emailqueue") and _has(connection, "postroom_mailer")):
            return
        owed, mailers = connection.execute(_IN_USE).fetchone() or (0, 0)
    if owed or mailers:
        raise DatabaseInUseError(
            f"DATABASE_URL names a database in use (unfinished e-mails: {owed}, running mailers: "
            f"{mailers}). The demo would take its e-mails: give an empty one, or unset it."
        )


def has_account(url: str, name: str) -> bool:
    """Whether a Django account of this name exists."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        if not _has(connection, "auth_user"):
            return False
        query = "SELECT 1 FROM auth_user WHERE username = %s"
        return connection.execute(query, [name]).fetchone() is not None


def _has(connection: psycopg.Connection, table: str) -> bool:
    return connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
