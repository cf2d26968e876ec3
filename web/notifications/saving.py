"""Watches a model's saves: reads what is stored, saves, and tells what changed, all or nothing.

Signals would not do: outside of `atomic` Django has committed before it sends `post_save`, so an
e-mail written there could be lost. `save_base` is what every `save()` comes down to.
"""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from functools import partial, update_wrapper
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Model

from postroom.web.notifications.declaration import own_notices
from postroom.web.notifications.stored import lock_values

_under_way: Final[ContextVar[frozenset[Any]]] = ContextVar("saves_under_way", default=frozenset())


def watch_saves(model: type[Model]) -> None:
    """Make every later save of `model` and of its subclasses tell its changes.

    Fixtures (`raw`) and other databases than the default one are left alone: an e-mail commits
    only with what the default database stores.
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
        # By `super` when called, so that parent and child may both be declared, in any order.
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
        # All of them once one is written: a signal may save another field inside this save.
        writes_one = not raw and own_notices(model, update_fields)
        watched = own_notices(model, None) if writes_one else []
        # A save inside a save of the same row (a signal's) is part of it: the outer one tells.
        nested = (model, key) in _under_way.get()
        if key is None or force_insert or not watched or nested or database != DEFAULT_DB_ALIAS:
            save()
            return
        with transaction.atomic(savepoint=False):
            before = lock_values(model, [key], watched)
            if not before:  # it is new
                save()
                return
            token = _under_way.set(_under_way.get() | {(model, key)})
            try:
                save()
            finally:
                _under_way.reset(token)
            # Not before: what e-mails need would delay the start of every command.
            from postroom.web.notifications.queue_notices import tell_changes

            tell_changes(model, watched, before)

    wrapped: Any = update_wrapper(save_base, own or model.save_base)
    model.save_base = wrapped  # type: ignore[method-assign]
