"""Can the mailer use PostgreSQL?"""

from typing import NamedTuple

import psycopg

from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import MailerSettings
from postroom.shared.broker import marker
from postroom.shared.telemetry.masking import mask_passwords

# `to_regclass` finds what the search path of this role finds.
_LOOK = """
SELECT to_regclass('postroom_emailqueue') IS NOT NULL, pg_is_in_recovery(),
  current_setting('transaction_read_only')::bool
"""
_MIXED = """
SELECT EXISTS (SELECT 1 FROM postroom_mailer
               WHERE state = %s AND last_seen_at > now() - interval '30 seconds')
"""


def check(settings: MailerSettings) -> str:
    """What was found, for people.

    Raises:
        CheckFailedError: what does not work, and what to do.
    """
    try:
        with psycopg.connect(settings.database_url, connect_timeout=5) as connection:
            row = connection.execute(_LOOK).fetchone()
            where = f"{connection.info.host or 'local socket'}:{connection.info.port}"
            name = connection.info.dbname
    except psycopg.Error as error:
        text = " ".join(mask_passwords(str(error)).split())
        raise CheckFailedError(f"{text} (see DATABASE_URL)") from error
    if not row or not row[0]:
        raise CheckFailedError(
            "the table postroom_emailqueue is missing; run: python manage.py migrate"
        )
    if row[1]:
        raise CheckFailedError(
            f"{where} is a standby and takes no writes; DATABASE_URL must name the primary "
            "(several hosts: add target_session_attrs=read-write)"
        )
    if row[2]:
        raise CheckFailedError(
            f"the database {name} takes no writes: default_transaction_read_only is on, for the "
            "server, this database or this role"
        )
    return f"{where}/{name}, tables exist"


class Identity(NamedTuple):
    """`ours` is empty when no relay has run yet; `mixed`: a mailer gets messages of another one."""

    ours: str = ""
    mixed: bool = False


def identity(settings: MailerSettings) -> Identity:
    """The identity of this installation, as far as it can be read."""
    try:
        with psycopg.connect(settings.database_url, connect_timeout=5) as connection:
            ours = connection.execute("SELECT identity FROM postroom_installation").fetchone()
            mixed = connection.execute(_MIXED, (marker.STATE,)).fetchone()
    except psycopg.Error:
        return Identity()
    return Identity(str(ours[0]) if ours else "", bool(mixed and mixed[0]))
