"""`QuerySet.update` and `bulk_update` with notices; the plain ones never call `save()`."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet

from postroom.web.notifications.declaration import notices_of
from postroom.web.notifications.queue_notices import tell_changes
from postroom.web.notifications.stored import lock_values


def update_and_notify(queryset: QuerySet[Any], **values: Any) -> int:
    """`queryset.update(**values)`, and the notices of what it changed; how many rows it wrote.

    Update, e-mails and all in one transaction. Keys of all rows are held in memory, rows by
    hundreds.

    Raises:
        TypeError: a sliced queryset, as `update` does.
    """
    if queryset.query.is_sliced:
        raise TypeError("Cannot update a query once a slice has been taken.")
    model = queryset.model
    notices = notices_of(model, values)
    if not notices:
        return queryset.update(**values)
    with transaction.atomic():
        candidates = list(queryset.order_by("pk").values_list("pk", flat=True))
        locked = lock_values(model, candidates, notices)
        # Somebody may have changed a row before we had its lock; `update` would look again too.
        matching = set(queryset.filter(pk__in=locked).values_list("pk", flat=True))
        before = {key: old for key, old in locked.items() if key in matching}
        rows: int = model._base_manager.filter(pk__in=before).update(**values)
        tell_changes(model, notices, before)
    return rows


def bulk_update_and_notify(
    objects: Iterable[Model], fields: Collection[str], *, batch_size: int | None = None
) -> int:
    """`bulk_update(objects, fields)` with the notices of what it changed; how many rows it met."""
    rows = list(objects)
    if not rows:
        return 0
    model = type(rows[0])
    notices = notices_of(model, fields)
    with transaction.atomic():
        before = lock_values(model, [row.pk for row in rows], notices) if notices else {}
        written = model._base_manager.bulk_update(rows, fields, batch_size=batch_size)
        tell_changes(model, notices, before)
    return written
