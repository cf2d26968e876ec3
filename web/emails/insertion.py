"""Writes an e-mail with its recipients and attachments, and wakes the relay, in one statement.

A request pays for one round trip instead of five, and PostgreSQL plans the statement once a
connection: that is most of what queueing costs. Fields left at their default stand in the
statement as constants, so that only what the caller gave travels.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import JSONField
from django.db.models.expressions import DatabaseDefault
from psycopg import sql
from psycopg.types.json import Jsonb

from shared.status import RecipientStatus
from web.emails import outbox
from web.emails.addresses import Address
from web.emails.attachments import StoredFile
from web.emails.models import EmailQueue
from web.emails.prepared import prepared_cursor

_RETURNED: Final = ("id", "created_at", "queued_at", "next_attempt_at")
_RETURNING: Final = ", ".join(_RETURNED)

_PEOPLE: Final = f""", people AS (
  INSERT INTO email_recipient (email_id, kind, address, display_name, status, smtp_reply)
  SELECT mail.id, p.kind, p.address, p.display_name, '{RecipientStatus.PENDING.value}', ''
  FROM mail, unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS p(kind, address, display_name, place) ORDER BY p.place)"""

_ATTACHED: Final = """, attached AS (
  INSERT INTO email_attachment (email_id, blob_id, name, mimetype)
  SELECT mail.id, a.blob_id, a.name, a.mimetype
  FROM mail, unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS a(blob_id, name, mimetype, place) ORDER BY a.place)"""


def insert(row: EmailQueue, addresses: Sequence[Address], stored: Sequence[StoredFile]) -> None:
    """Insert the new `row`, which then knows its id and times. The blobs must be there already."""
    given, values = _given(row)
    values += [
        [a.kind.value for a in addresses],
        [a.address for a in addresses],
        [a.display_name for a in addresses],
    ]
    if stored:
        values += [
            [f.sha256 for f in stored],
            [f.name for f in stored],
            [f.mimetype for f in stored],
        ]
    with prepared_cursor() as cursor:
        written = cursor.execute(_statement(given, bool(stored)), values).fetchone()
    assert written is not None  # noqa: S101 - RETURNING of one inserted row
    for name, value in zip(_RETURNED, written, strict=False):
        setattr(row, name, value)
    row._state.adding = False
    row._state.db = connection.alias


@lru_cache(maxsize=1)
def _fields() -> list[tuple[str, str, bool, Any]]:
    """(attribute, column, whether JSON, default) of every column that is ours to write."""
    usual = EmailQueue()
    return [
        (f.attname, str(f.column), isinstance(f, JSONField), getattr(usual, f.attname))
        for f in EmailQueue._meta.concrete_fields
        if not f.primary_key
    ]


def _given(row: EmailQueue) -> tuple[tuple[str, ...], list[Any]]:
    """Names of the columns that differ from their default, and their values."""
    names: list[str] = []
    values: list[Any] = []
    for attribute, column, is_json, default in _fields():
        value = getattr(row, attribute)
        # Comparing database defaults would take longer than all the rest of this.
        if not isinstance(value, DatabaseDefault) and value != default:
            names.append(column)
            values.append(Jsonb(value) if is_json else value)
    return tuple(names), values


@lru_cache(maxsize=200)
def _statement(given: tuple[str, ...], with_files: bool) -> bytes:
    # In the order of `_fields`, as the values are.
    places = {
        column: "%s" if column in given else _constant(default, is_json=is_json)
        for _, column, is_json, default in _fields()
        if column in given or not isinstance(default, DatabaseDefault)
    }
    return (
        f"WITH mail AS (INSERT INTO email_queue ({', '.join(places)})"
        f" VALUES ({', '.join(places.values())}) RETURNING {_RETURNING})"
        + _PEOPLE
        + (_ATTACHED if with_files else "")
        + f" SELECT {_RETURNING}, pg_notify('{outbox.CHANNEL}', '') FROM mail"
    ).encode()


def _constant(default: Any, *, is_json: bool) -> str:
    return sql.Literal(Jsonb(default) if is_json else default).as_string(None)
