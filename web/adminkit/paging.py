"""A paginator that never counts a whole table, and finds a page's rows by their ids."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.utils.functional import cached_property

CAP: Final = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Finds `CAP` ids and then says "more than"; who needs a page behind that goes on from there.

    The filter runs once: the ids found are the count as well as every page.
    """

    template_name = "admin/postroom/pagination.html"
    cap = CAP

    @cached_property
    def ids(self) -> list[Any]:
        """Keys of the rows found, in the list's order, at most one more than the cap."""
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[: self.cap + 1])

    @cached_property
    def count(self) -> int:
        """Rows found, at most one more than the cap."""
        return len(self.ids)

    @property
    def is_capped(self) -> bool:
        """Are there more rows than were counted?"""
        return self.count > self.cap

    def ids_of_page(self, number: int) -> list[Any]:
        """The keys of one page's rows. Raises `InvalidPage`."""
        start = (self.validate_number(number) - 1) * self.per_page
        return self.ids[start : start + self.per_page]
