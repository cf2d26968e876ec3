"""`QuerySet.update` and `bulk_update` with notices: Django's own never call `save()`."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Model, QuerySet

from postroom.web.notifications.queue_notices import queue_changes
from postroom.web.notifications.registry import notices_of
from postroom.web.notifications.stored import lock_values


def update_and_notify(queryset: QuerySet[Any], **values: Any) -> int:
    """`queryset.update(**values)` with notices of what it changed; returns the rows written.

    In a database other than the default one it is only the update: an e-mail can commit only
    together with what the default database stores.

    The update and its e-mails are one transaction. The keys of all rows are held in memory, the
    rows themselves in chunks of hundreds.

    Raises:
        TypeError: the queryset is sliced, as with `update`.
    """
    if queryset.query.is_sliced:
        raise TypeError("Cannot update a query once a slice has been taken.")
    model = queryset.model
    notices = notices_of(model, values)
    if not notices or _written_in(queryset) != DEFAULT_DB_ALIAS:
        return queryset.update(**values)
    queryset = queryset.using(DEFAULT_DB_ALIAS)  # also if a router reads elsewhere
    with transaction.atomic():
        candidates = list(queryset.order_by("pk").values_list("pk", flat=True))
        locked = lock_values(model, candidates, notices)
        # A row may have changed before we locked it; `update` would look again too.
        matching = set(queryset.filter(pk__in=locked).values_list("pk", flat=True))
        before = {key: old for key, old in locked.items() if key in matching}
        stored = model._base_manager.using(DEFAULT_DB_ALIAS)
        rows: int = stored.filter(pk__in=before).update(**values)
        queue_changes(model, notices, before)
    return rows


def bulk_update_and_notify(
    objects: Iterable[Model], fields: Collection[str], *, batch_size: int | None = None
) -> int:
    """`bulk_update(objects, fields)` with notices of what it changed; returns the rows matched."""
    rows = list(objects)
    if not rows:
        return 0
    model = type(rows[0])
    elsewhere = router.db_for_write(model) != DEFAULT_DB_ALIAS
    notices = [] if elsewhere else notices_of(model, fields)
    with transaction.atomic():
        before = lock_values(model, [row.pk for row in rows], notices) if notices else {}
        written = model._base_manager.bulk_update(rows, fields, batch_size=batch_size)
        queue_changes(model, notices, before)
    return written


def _written_in(queryset: QuerySet[Any]) -> str:
    """The database that `update` would write to; `queryset.db` is the one it reads from."""
    copy: Any = queryset.all()
    copy._for_write = True
    return str(copy.db)
