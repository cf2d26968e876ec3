"""A paginator that never counts a whole table, and finds the rows of a page by their ids."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.utils.functional import cached_property

from postroom.web.adminkit.look import template_of

CAP: Final = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Finds at most `CAP` ids and says that there are more; a filter finds the others.

    The filter runs once: the ids found give the count and every page.
    """

    template_name = template_of("pages")  # read by unfold
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
        """Whether there are more rows than the cap."""
        return self.count > self.cap

    def ids_of_page(self, number: int) -> list[Any]:
        """The keys of one page's rows. Raises `InvalidPage`."""
        start = (self.validate_number(number) - 1) * self.per_page
        return self.ids[start : start + self.per_page]
