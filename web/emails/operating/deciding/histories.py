"""Histories of other apps, of which `cleanup_emails --older-than` deletes the old rows as well."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

Old = Callable[[timedelta], QuerySet[Any]]
_known: Final[dict[str, Old]] = {}


def register(name: str, old: Old) -> None:
    """Let `cleanup_emails` delete the rows that `old` gives for an age; called in `ready()`.

    Args:
        name: the rows in words, after their number: "job runs".
        old: the rows that ended longer ago and that nobody needs to decide about.
    """
    _known[name] = old


def count(older_than: timedelta) -> dict[str, int]:
    """The rows that `delete` would delete now, by name."""
    return {name: old(older_than).count() for name, old in _known.items()}


def delete(older_than: timedelta, *, batch_size: int = 1000) -> dict[str, int]:
    """Delete them in batches, each in its own transaction. Deleted rows by name."""
    return {name: _delete(old(older_than), batch_size) for name, old in _known.items()}


def _delete(rows: QuerySet[Any], batch_size: int) -> int:
    deleted = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:batch_size]):
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
