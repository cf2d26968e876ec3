"""Filters of the e-mail list, all within its window; none counts rows."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from postroom.web.emails import selectors
from postroom.web.emails.admin.changelist import window_of
from postroom.web.emails.operating import error_classes, search

_AGES: Final = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last day", timedelta(days=1)),
    "week": ("Last week", timedelta(weeks=1)),
}


def end_of_age(value: str) -> datetime | None:
    """The time before which e-mails of this age were created; None: until now."""
    return timezone.now() - _AGES["week"][1] if value == "older" else None


class AgeFilter(SimpleListFilter):
    """How long ago the e-mail was created."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Three periods, and anything older than the longest."""
        return [(key, label) for key, (label, _) in _AGES.items()] + [
            ("older", "Older than a week")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the database's clock, like the rows themselves."""
        value = self.value()
        if value == "older":
            return queryset.filter(created_at__lt=Now() - _AGES["week"][1])
        if value in _AGES:
            return queryset.filter(created_at__gte=Now() - _AGES[value][1])
        return queryset


class _RecentValueFilter(SimpleListFilter):
    """Offers the values of the newest rows: SELECT DISTINCT would read the whole table.

    A value in the URL works even if it is not among them.
    """

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = set(selectors.recent_values(self.parameter_name or ""))
        if chosen := self.value():
            values.add(chosen)
        return [(value, value) for value in sorted(values)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if value := self.value():
            return queryset.filter(**{self.parameter_name or "": value})
        return queryset


class TypeFilter(_RecentValueFilter):
    """The type of the e-mail."""

    title = "type"
    parameter_name = "email_type"


class SourceFilter(_RecentValueFilter):
    """The app that requested it."""

    title = "source"
    parameter_name = "source_app"


class TaskFilter(_RecentValueFilter):
    """The job or notice that queued it."""

    title = "task"
    parameter_name = "task_name"


class DomainFilter(SimpleListFilter):
    """The domain of one of its recipients."""

    title = "recipient's domain"
    parameter_name = "domain"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Frequent domains of the newest e-mails; the URL may name any other."""
        values = selectors.recent_domains()
        if (chosen := self.value()) and chosen not in values:
            values.append(chosen)
        return [(value, value) for value in values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the recipients in the window."""
        if domain := self.value():
            return queryset.filter(pk__in=search.to_domain(domain, window_of(request)))
        return queryset


class AttemptTaskFilter(_RecentValueFilter):
    """The job, notice or caller that queued the e-mail, in the list of attempts."""

    title = "task"
    parameter_name = "task_name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those of the newest attempts, and the one in the URL."""
        values = {*selectors.recent_tasks(), *filter(None, [self.value()])}
        return [(value, value) for value in sorted(values)]


class AttemptTypeFilter(TypeFilter):
    """The type of the e-mail, in the list of attempts."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the attempts' e-mails."""
        value = self.value()
        return queryset.filter(email__email_type=value) if value else queryset


class AttemptDomainFilter(DomainFilter):
    """The domain of one of the e-mail's recipients, in the list of attempts."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the recipients of the attempts in the window."""
        domain = self.value()
        return queryset.filter(search.sent_to(domain)) if domain else queryset


class ErrorFilter(SimpleListFilter):
    """Why its last attempt did not deliver it."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All classes of errors."""
        return list(error_classes.LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By the attempts in the window; an unknown class finds nothing."""
        value = self.value()
        if not value:
            return queryset
        if value not in error_classes.LABELS:
            return queryset.none()
        return queryset.filter(pk__in=error_classes.last_attempt_is(value, window_of(request)))
