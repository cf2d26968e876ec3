"""Filters of the e-mail list that cost nothing on a table of millions of rows."""

from datetime import timedelta
from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from web.emails import selectors

_AGES: Final = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last day", timedelta(days=1)),
    "week": ("Last week", timedelta(weeks=1)),
}


class AgeFilter(SimpleListFilter):
    """How long ago the e-mail was asked for."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Three spans, and what is older than the longest."""
        return [(key, label) for key, (label, _) in _AGES.items()] + [
            ("older", "Older than a week")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """By the database's clock, like the rows themselves."""
        value = self.value()
        if value == "older":
            return queryset.filter(created_at__lt=Now() - _AGES["week"][1])
        if value in _AGES:
            return queryset.filter(created_at__gte=Now() - _AGES[value][1])
        return queryset


class _RecentValueFilter(SimpleListFilter):
    """Offers the values of the newest rows, for SELECT DISTINCT would read the whole table.

    A value given in the address works also when it is not among them.
    """

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = set(selectors.recent_values(self.parameter_name or ""))
        if chosen := self.value():
            values.add(chosen)
        return [(value, value) for value in sorted(values)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if value := self.value():
            return queryset.filter(**{self.parameter_name or "": value})
        return queryset


class TypeFilter(_RecentValueFilter):
    """What kind of e-mail."""

    title = "type"
    parameter_name = "email_type"


class SourceFilter(_RecentValueFilter):
    """Which app asked for it."""

    title = "source"
    parameter_name = "source_app"
