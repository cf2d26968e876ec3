"""The list of declared notices, and what a notice and a change are; imports none of its users."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Model
from django.utils.text import capfirst

Recipients = Callable[[Any], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row, before and after; `instance` is the row as it is stored now.

    `labels`: the texts of `old` and `new`, if they were recorded earlier.
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
    """One declaration, with the arguments of `notify_on_change`.

    `related`: the relations that lead to the recipients, so that one query reads them all.
    """

    model: type[Model]
    field: str
    recipients: tuple[str, ...] | Recipients
    template: str
    context: Callable[[Change], Mapping[str, Any]] | None
    only_to: frozenset[Any] | None
    skip_actor: bool
    email_type: str
    related: tuple[str, ...]

    @property
    def column(self) -> str:
        """The attribute that holds the stored value: `status`, `owner_id`."""
        return str(self.model._meta.get_field(self.field).attname)  # type: ignore[union-attr]

    def matters(self, change: Change) -> bool:
        """Whether this change causes e-mails."""
        return self.only_to is None or change.new in self.only_to


def kinds() -> dict[str, str]:
    """What people choose about, by `email_type`, in the active language: `Epics, tasks: status`."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for notice in all_notices():
        field: Any = notice.model._meta.get_field(notice.field)
        rows = found.setdefault(notice.email_type, {})
        names = rows.setdefault(str(notice.model._meta.verbose_name_plural), {})
        names[str(field.verbose_name)] = None
    return {
        kind: f"{capfirst(', '.join(models))}: "
        + ", ".join(dict.fromkeys(name for names in models.values() for name in names))
        for kind, models in found.items()
    }


_NOTICES: Final[dict[type[Model], list[Notice]]] = {}


def add(notice: Notice) -> None:
    """Append a notice to those of its model."""
    _NOTICES.setdefault(notice.model, []).append(notice)


def all_notices() -> list[Notice]:
    """Every declared notice."""
    return [notice for notices in _NOTICES.values() for notice in notices]


def own_notices(model: type[Model], written: Iterable[str] | None) -> list[Notice]:
    """The notices declared on `model` itself about the fields that are `written`; None: all."""
    if written is None:
        return list(_NOTICES.get(model, ()))
    names = set(written)
    return [n for n in _NOTICES.get(model, ()) if n.field in names or n.column in names]


def notices_of(model: type[Model], written: Iterable[str]) -> list[Notice]:
    """As `own_notices`, with those declared on the models it inherits from, proxies included."""
    names = set(written)
    return [notice for each in model.__mro__ for notice in own_notices(each, names)]
