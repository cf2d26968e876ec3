"""`notify_on_change(...)`: says in a model's own app which change is told to whom."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Field, Model

Recipients = Callable[[Any], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row, before and after; `instance` is the row as it is stored now.

    `labels`: what `old` and `new` are called, when they were written down before.
    """

    instance: Any
    field: str
    old: Any
    new: Any
    actor: Any
    at: datetime
    labels: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One declaration."""

    model: type[Model]
    field: str
    recipients: tuple[str, ...] | Recipients
    template: str
    context: Callable[[Change], Mapping[str, Any]] | None
    only_to: frozenset[Any] | None
    skip_actor: bool
    email_type: str

    @property
    def column(self) -> str:
        """The attribute that holds the stored value: `status`, `owner_id`."""
        return str(self.model._meta.get_field(self.field).attname)  # type: ignore[union-attr]

    @property
    def related(self) -> list[str]:
        """The relations that lead to the recipients, for one query instead of several."""
        if callable(self.recipients):
            return []
        return [path for name in self.recipients if (path := _relation(self.model, name))]

    def matters(self, change: Change) -> bool:
        """Whether this change is told."""
        return self.only_to is None or change.new in self.only_to


_NOTICES: Final[dict[type[Model], list[Notice]]] = {}


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
        template: the folder of the template, `tracker/status_changed`.
        context: variables beside those of `content.facts`; it may replace them.
        only_to: new values that are told; all when it is left out.
        skip_actor: whoever made the change is not told.
        email_type: `<app>.<template's last part>` when it is left out.

    Raises:
        ImproperlyConfigured: no concrete model, no such field, or declared twice.
    """
    from postroom.web.notifications.saving import watch_saves

    if model._meta.abstract or model._meta.proxy:
        raise ImproperlyConfigured(f"{model.__name__}: declare notices on the model with the table")
    if isinstance(recipients, str):
        raise ImproperlyConfigured(f"recipients={recipients!r}: write ({recipients!r},)")
    found = _concrete(model, field)
    names = recipients if callable(recipients) else tuple(recipients)
    if not callable(names):
        for name in names:
            _relation(model, name)
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
    )
    declared = _NOTICES.setdefault(model, [])
    if any((n.field, n.template) == (notice.field, notice.template) for n in declared):
        raise ImproperlyConfigured(f"{model.__name__}.{field} has a notice {template} already")
    if not declared:
        watch_saves(model)
    declared.append(notice)


def all_notices() -> list[Notice]:
    """Everything that is declared."""
    return [notice for notices in _NOTICES.values() for notice in notices]


def own_notices(model: type[Model], written: Iterable[str] | None) -> list[Notice]:
    """The notices declared on `model` itself about the fields that are `written`; None: all."""
    if written is None:
        return list(_NOTICES.get(model, ()))
    names = set(written)
    return [n for n in _NOTICES.get(model, ()) if n.field in names or n.column in names]


def notices_of(model: type[Model], written: Iterable[str]) -> list[Notice]:
    """The same with those declared on the models it inherits from, tables and proxies alike."""
    names = set(written)
    return [notice for each in model.__mro__ for notice in own_notices(each, names)]


def _field(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise ImproperlyConfigured(str(error)) from error


def _concrete(model: type[Model], name: str) -> "Field[Any, Any]":
    found = _field(model, name)
    if not isinstance(found, Field) or not found.concrete or found.many_to_many:
        raise ImproperlyConfigured(f"{model.__name__}.{name} is not a column that saves write")
    return found


def _relation(model: type[Model], path: str) -> str:
    """The part of a recipient's path that `select_related` can follow."""
    followed: list[str] = []
    for name in path.split("__"):
        if _field(model, name).many_to_many:
            several = ".".join([*followed, name])
            raise ImproperlyConfigured(
                f"{model.__name__}.{name} holds several people; give a function instead: "
                f"recipients=lambda row: row.{several}.all()"
            )
        found = _concrete(model, name)
        if not found.is_relation:
            break
        followed.append(name)
        model = found.related_model  # type: ignore[assignment]
    return "__".join(followed)
