"""A paginator that never counts a whole table."""

from typing import Any, Final

from django.core.paginator import Paginator
from django.utils.functional import cached_property

CAP: Final = 10_000


class CappedPaginator(Paginator):
    """Counts to `CAP` and then says "more than"; who needs a page behind that filters first."""

    template_name = "admin/emails/pagination.html"
    cap = CAP

    @cached_property
    def count(self) -> int:
        """Rows found, at most one more than the cap."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: self.cap + 1].count())

    @property
    def is_capped(self) -> bool:
        """Are there more rows than were counted?"""
        return self.count > self.cap
