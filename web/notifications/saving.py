"""Watches a model's saves: one transaction reads the stored row, saves, and queues the notices.

Signals are not enough: outside of `atomic` Django has committed before it sends `post_save`, so an
e-mail queued there could be lost. Every `save()` calls `save_base`.
"""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from functools import partial, update_wrapper
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Model

from postroom.web.notifications.registry import own_notices
from postroom.web.notifications.stored import lock_values

_under_way: Final[ContextVar[frozenset[Any]]] = ContextVar("saves_under_way", default=frozenset())


def watch_saves(model: type[Model]) -> None:
    """Make every later save of `model` and of its subclasses queue notices of its changes.

    Fixtures (`raw`) and databases other than the default one are ignored: an e-mail can commit only
    together with what the default database stores.
    """
    own: Callable[..., None] | None = model.__dict__.get("save_base")

    def save_base(
        self: Any,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Collection[str] | None = None,
    ) -> None:
        # `super` at the time of the call: parent and child may both be declared, in any order.
        save = partial(
            partial(own, self) if own else super(model, self).save_base,
            raw=raw,
            force_insert=force_insert,
            force_update=force_update,
            using=using,
            update_fields=update_fields,
        )
        key = getattr(self, str(model._meta.pk.attname))
        database = using or router.db_for_write(type(self), instance=self)
        # All notices as soon as one matters: a signal may save another field inside this save.
        writes_one = not raw and own_notices(model, update_fields)
        watched = own_notices(model, None) if writes_one else []
        # A nested save of the same row (by a signal): the outer save queues its notices.
        nested = (model, key) in _under_way.get()
        if key is None or force_insert or not watched or nested or database != DEFAULT_DB_ALIAS:
            save()
            return
        with transaction.atomic(savepoint=False):
            before = lock_values(model, [key], watched)
            if not before:  # a new row
                save()
                return
            token = _under_way.set(_under_way.get() | {(model, key)})
            try:
                save()
            finally:
                _under_way.reset(token)
            # Imported late: the code for e-mails would delay the start of every command.
            from postroom.web.notifications.queue_notices import queue_changes

            queue_changes(model, watched, before)

    wrapped: Any = update_wrapper(save_base, own or model.save_base)
    model.save_base = wrapped  # type: ignore[method-assign]
