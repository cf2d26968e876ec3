"""Reads rows as they are stored, whatever values an instance was loaded with.

Always in the default database, where they and the e-mails are written: a router may send other
reads to a replica, which is behind.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from postroom.web.notifications.registry import Notice

# Rows held at once.
CHUNK: Final = 500

Values = dict[Any, dict[str, Any]]


def lock_values(model: type[Model], keys: Collection[Any], notices: Collection[Notice]) -> Values:
    """The watched values of stored rows by primary key, locked until the transaction ends.

    The lock makes the second of two concurrent saves compare with what the first one stored. It
    does not block foreign keys that refer to the rows. Missing rows are left out.
    """
    columns = sorted({notice.column for notice in notices})
    stored = model._base_manager.using(DEFAULT_DB_ALIAS)
    rows = stored.filter(pk__in=keys).order_by("pk")
    found = rows.select_for_update(no_key=True).values_list("pk", *columns)
    return {key: dict(zip(columns, values, strict=True)) for key, *values in found}


def fresh_rows(
    model: type[Model], keys: Sequence[Any], notices: Collection[Notice]
) -> Iterator[Model]:
    """Rows as stored now, with their possible recipients, in the order of `keys`."""
    related = sorted({path for notice in notices for path in notice.related})
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        query = model._base_manager.using(DEFAULT_DB_ALIAS).filter(pk__in=chunk)
        rows = (query.select_related(*related) if related else query).in_bulk()
        yield from (rows[key] for key in chunk if key in rows)
