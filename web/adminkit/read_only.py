"""Read-only admin lists."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.http import HttpRequest

from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.adminkit.paging import CappedPaginator


class ReadOnlyAdmin(ModelAdmin):
    """No user can add, change or delete rows by hand, not even a superuser."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 25
    list_disable_select_all = True
    ordering = ("-pk",)
    sortable_by: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only services and mailers add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row records what happened."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only clean-up commands delete; this also forbids deletion by cascade in the admin."""
        return False
