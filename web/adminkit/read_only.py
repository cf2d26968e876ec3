"""Admin lists that people may look at and nothing else."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from postroom.web.adminkit.paging import CappedPaginator


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
