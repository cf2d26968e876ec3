"""What a command says on the database of a site's own tests."""

from django.core.management.base import CommandError
from django.db import connection


def require_postgresql(command: str) -> None:
    """Refuse a command of which only the call works elsewhere.

    Raises:
        CommandError: the default database is not PostgreSQL.
    """
    if connection.vendor != "postgresql":
        raise CommandError(
            f"{command} needs PostgreSQL, and the default database is {connection.display_name}; "
            "there the tests of a site can queue e-mails, and nothing else (docs/testing.md)."
        )
