"""The variables of a notice's template, and values as people read them."""

from datetime import date, datetime
from typing import Any

from django.db.models import Field
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from postroom.web.conf import conf
from postroom.web.dates import in_full, moment
from postroom.web.letter_words import language_for, written_in
from postroom.web.notifications.registry import Change, Notice
from postroom.web.people import name_of


def variables(notice: Notice, change: Change) -> dict[str, Any]:
    """The template's variables: `facts`, with what the declaration adds or replaces.

    In the language of the template, whatever that of the user who made the change is.
    """
    with written_in(language_for(notice.template)):
        extra = notice.context(change) if notice.context else {}
        return facts(change) | dict(extra)


def facts(change: Change) -> dict[str, Any]:
    """site_name, kind, title, field, old, new, changed_by, changed_at, url: all text.

    In the active language. `changed_by` is '' if the user is unknown, `url` if SITE_URL is not set
    or the row has no page.
    """
    row = change.instance
    old, new = labels(change)
    field = row._meta.get_field(change.field)
    return {
        "site_name": conf.site_name,
        "kind": str(capfirst(row._meta.verbose_name)),
        "title": str(row),
        "field": str(capfirst(field.verbose_name)),
        "old": old,
        "new": new,
        "changed_by": _name(change.actor),
        "changed_at": _moment(change.at),
        "url": _url(row),
    }


def labels(change: Change) -> tuple[str, str]:
    """Both values as people read them: a choice's label, a related row's name, `-` if empty."""
    field = change.instance._meta.get_field(change.field)
    return change.labels or (_label(field, change.old), _label(field, change.new))


def _label(field: "Field[Any, Any]", value: Any) -> str:
    if value is None or value == "":
        return "-"
    if field.is_relation:
        related: Any = field.related_model
        target = field.target_field.attname  # type: ignore[attr-defined]
        return str(related._base_manager.filter(**{target: value}).first() or value)
    if isinstance(value, bool):
        yes, no, *_ = gettext("yes,no,maybe").split(",")  # in each language that Django knows
        return yes if value else no
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return in_full(value)
    return str(dict(field.flatchoices).get(value, value))


def _moment(when: datetime) -> str:
    """In the site's time zone, whatever that of the user who made the change is."""
    return moment(when, timezone.get_default_timezone())


def _name(actor: Any) -> str:
    return name_of(actor) if actor is not None else ""


def _url(row: Any) -> str:
    if not conf.site_url or not hasattr(row, "get_absolute_url"):
        return ""
    return f"{conf.site_url}{row.get_absolute_url()}"
