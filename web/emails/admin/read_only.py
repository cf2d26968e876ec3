"""Admin lists that people may look at and nothing else."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from postroom.web.emails import listing
from postroom.web.emails.admin.changelist import WindowedList
from postroom.web.emails.admin.paging import CappedPaginator


class ReadOnlyAdmin(ModelAdmin):
    """Nothing can be added, changed or deleted by hand, not even by a superuser."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 25
    list_disable_select_all = True
    ordering = ("-pk",)
    sortable_by: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from the service and the mailers."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row says what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only `cleanup_emails` deletes; also closes deletion as part of something else."""
        return False


class WindowedAdmin(ReadOnlyAdmin):
    """Made for tables with millions of rows: nothing here counts, sorts or searches a whole one.

    Its `list_filter` has the `PastFilter`.
    """

    list_after_template = "admin/emails/window.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """The list that keeps within a window."""
        return WindowedList

    def window(self, changelist: WindowedList, *, past: int | None, rising: bool) -> listing.Window:
        """What the list looks at: the newest rows, or those behind `past`."""
        return listing.of_rows(self.model, past=past, rising=rising)
