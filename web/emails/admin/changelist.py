"""A list that reads one window of its table, and says how far it has looked."""

from typing import Any, Final

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import InvalidPage
from django.db.models import QuerySet
from django.http import HttpRequest

from postroom.web.adminkit.model_admin import OfferedList
from postroom.web.adminkit.read_only import ReadOnlyAdmin
from postroom.web.emails.operating import list_window
from postroom.web.emails.operating.list_window import EVERYTHING, Window

PAST: Final = "past"
_WINDOW: Final = "looked_at"


def window_of(request: HttpRequest) -> Window:
    """The window of this request's list; filters and search stay within it."""
    window: Window = getattr(request, _WINDOW, EVERYTHING)
    return window


def look_everywhere(request: HttpRequest) -> None:
    """Let the list read the whole table, however long that takes: for bulk actions."""
    setattr(request, _WINDOW, EVERYTHING)


class PastFilter(SimpleListFilter):
    """Accepts the parameter `past`, the id to continue after; shows nothing."""

    title = parameter_name = PAST

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class WindowedList(OfferedList):
    """The rows of a window, which its model admin chooses: `window(changelist, ...)`."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        """All that matches within the window."""
        if not hasattr(request, _WINDOW):
            order = self.get_ordering(request, self.root_queryset)
            rising = not str(order[0]).startswith("-")
            window = self.model_admin.window(self, past=self._past(), rising=rising)
            setattr(request, _WINDOW, window)
        window = window_of(request)
        rows = super().get_queryset(request, exclude_parameters).filter(window.on("pk"))
        self.looked_at = window
        return rows

    def get_results(self, request: HttpRequest) -> None:
        """The rows of one page, by the ids the paginator found."""
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        try:
            ids = self.paginator.ids_of_page(self.page_num)
        except InvalidPage as error:
            raise IncorrectLookupParameters from error
        order = self.queryset.query.order_by
        self.result_list = self.root_queryset.filter(pk__in=ids).order_by(*order)
        self.result_count = self.paginator.count
        # Unfold's header would show a total, and none is counted.
        self.full_result_count = self.result_count
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = bool(self.result_count)
        self.multi_page = self.result_count > self.list_per_page

    @property
    def further(self) -> str:
        """The query string of the next window; empty at the end of the table."""
        if self.paginator.is_capped:
            edge = self.paginator.ids[self.paginator.cap - 1]
        elif self.looked_at.more:
            edge = self.looked_at.edge
        else:
            return ""
        return self.get_query_string({PAST: edge})

    @property
    def from_start(self) -> str:
        """The query string of the first window; empty when this is the first."""
        return self.get_query_string(remove=[PAST]) if PAST in self.params else ""

    def _past(self) -> int | None:
        value = self.params.get(PAST, "")
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 19):
            raise IncorrectLookupParameters(PAST)
        return int(value)


class WindowedAdmin(ReadOnlyAdmin):
    """For tables with millions of rows: never counts, sorts or searches a whole one.

    A subclass has the `PastFilter` in its `list_filter`.
    """

    after_list = "admin/postroom/window.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """The list that stays within a window."""
        return WindowedList

    def window(
        self, changelist: WindowedList, *, past: int | None, rising: bool
    ) -> list_window.Window:
        """The window of the list: the newest rows, or those after `past`."""
        return list_window.of_rows(self.model, past=past, rising=rising)
