"""Fields of admin forms and searches that name users, whatever user model the site has."""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest


class PeopleMixin:
    """For a model admin or inline with foreign keys to users: `people` names them.

    There may be thousands of users, so none is a list to choose from. Where the site's admin can
    search users the field completes what is typed; elsewhere it takes the user's number.
    """

    people: tuple[str, ...] = ()
    admin_site: Any

    @property
    def raw_id_fields(self) -> tuple[str, ...]:
        """The people, if nothing can complete them."""
        return () if self._completes() else self.people

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The people, if the site registered its user model with a search.

        Not `autocomplete_fields`: Django's checks would refuse the start of a site that did not.
        """
        others: Any = super().get_autocomplete_fields(request)  # type: ignore[misc]
        return (*others, *self.people) if self._completes() else tuple(others)

    def _completes(self) -> bool:
        users = self.admin_site._registry.get(get_user_model())
        return bool(users and users.search_fields)
