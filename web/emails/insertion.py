"""Writes an e-mail with its recipients and attachments, and wakes the relay, in one statement.

A request pays for one round trip instead of five; that is most of what queueing costs.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.db.models.expressions import DatabaseDefault

from shared.status import RecipientStatus
from web.emails import outbox
from web.emails.addresses import Address
from web.emails.attachments import StoredFile
from web.emails.models import EmailQueue

_GIVEN_BY_DATABASE: Final = ("id", "created_at", "queued_at", "next_attempt_at")
_RETURNING: Final = ", ".join(_GIVEN_BY_DATABASE)

_PEOPLE = f""", people AS (
  INSERT INTO email_recipient (email_id, kind, address, display_name, status, smtp_reply)
  SELECT mail.id, p.kind, p.address, p.display_name, '{RecipientStatus.PENDING.value}', ''
  FROM mail, unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS p(kind, address, display_name, place) ORDER BY p.place)"""

_ATTACHED = """, attached AS (
  INSERT INTO email_attachment (email_id, blob_id, name, mimetype)
  SELECT mail.id, a.blob_id, a.name, a.mimetype
  FROM mail, unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS a(blob_id, name, mimetype, place) ORDER BY a.place)"""


def insert(row: EmailQueue, addresses: Sequence[Address], stored: Sequence[StoredFile]) -> None:
    """Insert the new `row`, which then knows its id and times. The blobs must be there already."""
    columns, places, values = _columns(row)
    statement = (
        f"WITH mail AS (INSERT INTO email_queue ({columns}) VALUES ({places})"
        f" RETURNING {_RETURNING})"
        + _PEOPLE
        + (_ATTACHED if stored else "")
        + f" SELECT {_RETURNING}, pg_notify('{outbox.CHANNEL}', '') FROM mail"
    )
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
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        written = cursor.fetchone()
    for name, value in zip(_GIVEN_BY_DATABASE, written, strict=False):
        setattr(row, name, value)
    row._state.adding = False
    row._state.db = connection.alias


def _columns(row: EmailQueue) -> tuple[str, str, list[Any]]:
    names, places, values = [], [], []
    for field in EmailQueue._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.primary_key or isinstance(value, DatabaseDefault):
            continue
        names.append(str(field.column))
        places.append("%s")
        values.append(field.get_db_prep_save(value, connection))
    return ", ".join(names), ", ".join(places), values
