"""Writes an e-mail with its recipients and attachments, and wakes the relay, in one statement.

PostgreSQL plans the statement once per connection. Fields left at their default are constants in
the statement, so that only the caller's values are parameters. See what-speed-costs: one statement.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from json import JSONEncoder
from typing import Any, Final, NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import JSONField
from django.db.models.base import ModelState
from django.db.models.expressions import DatabaseDefault
from psycopg import sql
from psycopg.types.json import Json

from postroom.shared.status import RecipientStatus
from postroom.web.emails import prepared_statements
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.addresses import Address
from postroom.web.emails.queueing.attachments import StoredFile
from postroom.web.emails.relaying import outbox

_PEOPLE: Final = f""", people AS (
  INSERT INTO postroom_emailrecipient (email_id, kind, address, display_name, status, smtp_reply)
  SELECT mail.id, p.kind, p.address, p.display_name, '{RecipientStatus.PENDING.value}', ''
  FROM mail, unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS p(kind, address, display_name, place) ORDER BY p.place)"""

# Most e-mails have one recipient (see what-speed-costs: one recipient).
_PERSON: Final = f""", people AS (
  INSERT INTO postroom_emailrecipient (email_id, kind, address, display_name, status, smtp_reply)
  SELECT mail.id, %s, %s, %s, '{RecipientStatus.PENDING.value}', '' FROM mail)"""

_ATTACHED: Final = """, attached AS (
  INSERT INTO postroom_emailattachment
    (email_id, blob_id, name, mimetype, disposition, content_id)
  SELECT mail.id, a.blob_id, a.name, a.mimetype, a.disposition, a.content_id
  FROM mail, unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS a(blob_id, name, mimetype, disposition, content_id, place) ORDER BY a.place)"""

_as_json: Final = JSONEncoder().encode  # see what-speed-costs: JSON as text


class NewEmail(NamedTuple):
    """A checked e-mail before it is a row; fields not among `values` have their default.

    `json`: by field, the JSON that the check of a value has already written.
    """

    values: dict[str, Any]
    addresses: Sequence[Address]
    stored: Sequence[StoredFile]
    json: Mapping[str, str]

    @property
    def key(self) -> str:
        """The idempotency key, or nothing."""
        key: str = self.values["idempotency_key"]
        return key


def insert(new: NewEmail) -> EmailQueue:
    """Insert the e-mail and return its row. The blobs must be in the database already."""
    given, addresses, stored, json = new
    usual = _usual()
    names = tuple([name for name, value in given.items() if value != usual[name]])
    is_json = _json_fields()
    values = [json.get(n) or _as_json(given[n]) if n in is_json else given[n] for n in names]
    if len(addresses) == 1:
        values += (addresses[0].kind.value, addresses[0].address, addresses[0].display_name)
    else:
        values.append([a.kind.value for a in addresses])
        values.append([a.address for a in addresses])
        values.append([a.display_name for a in addresses])
    if stored:
        values.append([f.sha256 for f in stored])
        values.append([f.name for f in stored])
        values.append([f.mimetype for f in stored])
        values.append([f.disposition for f in stored])
        values.append([f.content_id for f in stored])
    statement = _statement(names, len(addresses) == 1, bool(stored))
    written = prepared_statements.execute(statement, values).fetchone()
    assert written is not None  # noqa: S101 - RETURNING of one inserted row
    return _row(given, *written[:2])


def _row(given: Mapping[str, Any], id_: int, created_at: datetime) -> EmailQueue:
    """The row as the database has it, without reading it back.

    Filled as unpickling fills a model, without its constructor (see what-speed-costs: row without
    constructor).
    """
    row = EmailQueue.__new__(EmailQueue)
    state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    # The times that have a default are those of the statement.
    times = dict.fromkeys(("created_at", "queued_at", "next_attempt_at"), created_at)
    row.__dict__.update({**_usual(), **times, **given, "_state": state, "id": id_})
    return row


@lru_cache(maxsize=1)
def _usual() -> dict[str, Any]:
    """Every field's default, except the primary key's; those of JSON fields are only compared.

    Relies on every column having the name of its field.
    """
    usual = EmailQueue()
    fields = EmailQueue._meta.concrete_fields
    return {f.attname: getattr(usual, f.attname) for f in fields if not f.primary_key}


@lru_cache(maxsize=1)
def _json_fields() -> frozenset[str]:
    fields = EmailQueue._meta.concrete_fields
    return frozenset(f.attname for f in fields if isinstance(f, JSONField))


@lru_cache(maxsize=200)
def _statement(names: tuple[str, ...], one_person: bool, with_files: bool) -> bytes:
    places = dict.fromkeys(names, "%s") | {
        name: _constant(name, value)
        for name, value in _usual().items()
        if name not in names and not isinstance(value, DatabaseDefault)
    }
    return (
        f"WITH mail AS (INSERT INTO postroom_emailqueue ({', '.join(places)})"
        f" VALUES ({', '.join(places.values())}) RETURNING id, created_at)"
        + (_PERSON if one_person else _PEOPLE)
        + (_ATTACHED if with_files else "")
        + f" SELECT id, created_at, pg_notify('{outbox.CHANNEL}', '') FROM mail"
    ).encode()


def _constant(name: str, value: object) -> str:
    return sql.Literal(Json(value) if name in _json_fields() else value).as_string(None)
