"""The identity of this installation, which is that of its database.

It stands in every message, so that the mailers of another installation on the same virtual host do
not take an id of ours for one of theirs. A copy of the database on another server, or under
another name, is another installation, although it has the same rows.
"""

import secrets
from typing import Final

from django.db import DatabaseError, connection, transaction

# The server's own number, made by initdb; the database; the table, for a schema of one's own.
_DERIVE: Final = """
SELECT substr(encode(sha256(convert_to(concat_ws(' ',
  (SELECT system_identifier FROM pg_control_system()),
  (SELECT oid FROM pg_database WHERE datname = current_database()),
  'postroom_installation'::regclass::oid), 'UTF8')), 'hex'), 1, 16)
"""
_WRITE: Final = """
INSERT INTO postroom_installation (id, identity) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET identity = excluded.identity
WHERE postroom_installation.identity <> excluded.identity
"""
_KEEP: Final = """
INSERT INTO postroom_installation (id, identity) VALUES (1, %s) ON CONFLICT DO NOTHING
"""


def identify() -> str:
    """16 hexadecimal digits; written into the database, where the mailers read it.

    Derived from what a copy of the database does not have. Where this role may not read the
    server's number, a random identity, made once: a copy then has it too.

    Raises:
        DatabaseError, InterfaceError: PostgreSQL cannot be used.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_DERIVE)
            cursor.execute(_WRITE, cursor.fetchone())
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != "42501":  # insufficient_privilege
            raise
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [secrets.token_hex(8)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity FROM postroom_installation")
        return str(cursor.fetchone()[0])
