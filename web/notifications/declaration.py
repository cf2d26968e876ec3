"""`notify_on_change(...)`: declares, in a model's own app, which changes cause which e-mails."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Field, Model

from postroom.web.notifications import registry
from postroom.web.notifications.registry import Change, Notice, Recipients
from postroom.web.notifications.saving import watch_saves

__all__ = ["Change", "notify_on_change"]


def notify_on_change(
    model: type[Model],
    *,
    field: str,
    recipients: Collection[str] | Recipients,
    template: str,
    context: Callable[[Change], Mapping[str, Any]] | None = None,
    only_to: Collection[Any] | None = None,
    skip_actor: bool = False,
    email_type: str = "",
) -> None:
    """Send an e-mail when a save changes `field` of a stored row of `model`.

    Args:
        recipients: names of fields that hold a user or an address (`owner`, `story__epic__owner`),
            or a function from the stored row to users and addresses. Each person gets one e-mail.
        template: the folder of the template, such as `tracker/status_changed`.
        context: variables in addition to those of `content.facts`; they may replace these.
        only_to: the new values that cause e-mails; by default all.
        skip_actor: the user who made the change gets no e-mail.
        email_type: by default `<app>.<last part of the template>`.

    Raises:
        ImproperlyConfigured: the model is abstract or a proxy, it has no such field, or the notice
            is declared twice.
    """
    if model._meta.abstract or model._meta.proxy:
        raise ImproperlyConfigured(f"{model.__name__}: declare notices on the model with the table")
    if isinstance(recipients, str):
        raise ImproperlyConfigured(f"recipients={recipients!r}: write ({recipients!r},)")
    found = _concrete(model, field)
    names = recipients if callable(recipients) else tuple(recipients)
    paths = [] if callable(names) else [_relation(model, name) for name in names]
    app = model._meta.app_label
    notice = Notice(
        model=model,
        field=found.name,
        recipients=names,
        template=template,
        context=context,
        only_to=None if only_to is None else frozenset(only_to),
        skip_actor=skip_actor,
        email_type=email_type or f"{app}.{template.rpartition('/')[2]}",
        related=tuple(path for path in paths if path),
    )
    declared = registry.own_notices(model, None)
    if any((n.field, n.template) == (notice.field, notice.template) for n in declared):
        raise ImproperlyConfigured(f"{model.__name__}.{field} already has a notice {template}")
    if not declared:
        watch_saves(model)
    registry.add(notice)


def _field(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise ImproperlyConfigured(str(error)) from error


def _concrete(model: type[Model], name: str) -> "Field[Any, Any]":
    found = _field(model, name)
    if not isinstance(found, Field) or not found.concrete or found.many_to_many:
        raise ImproperlyConfigured(f"{model.__name__}.{name} is not a column of the table")
    return found


def _relation(model: type[Model], path: str) -> str:
    """The part of a recipient's path that `select_related` can follow; checks the path."""
    followed: list[str] = []
    for name in path.split("__"):
        if _field(model, name).many_to_many:
            several = ".".join([*followed, name])
            raise ImproperlyConfigured(
                f"{model.__name__}.{name} holds several people; use a function instead: "
                f"recipients=lambda row: row.{several}.all()"
            )
        found = _concrete(model, name)
        if not found.is_relation:
            break
        followed.append(name)
        model = found.related_model  # type: ignore[assignment]
    return "__".join(followed)
