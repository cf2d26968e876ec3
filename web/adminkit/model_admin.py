"""The base class of every admin list here: a list filters and sorts only by what it offers.

Django accepts any field of the model as a filter in the URL (`?context__code__startswith=4`). Users
who may see a list could so find out, letter by letter, fields that the list does not show them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from postroom.web.adminkit.base_classes import ChangeListBase, ModelAdminBase
from postroom.web.adminkit.look import IN_UNFOLD

# What the filters of django.contrib.admin append to the name of their field.
_OF_FIELD: Final = ("", "__exact", "__isnull", "__isempty", "__gte", "__lt")
_OF_DATE: Final = ("__year", "__month", "__day", "__gte", "__lt")


class OfferedList(ChangeListBase):
    """Sorts only by the columns whose headings can be clicked."""

    def get_ordering_field(self, field_name: Any) -> Any:
        """None for the other columns: they are ignored in `?o=`."""
        if field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)


class ModelAdmin(ModelAdminBase):
    """A filter in the URL must belong to `list_filter` or `date_hierarchy`; others answer 400.

    `before_list`, `after_list`: templates that the page of the list includes; empty for none.
    """

    in_unfold = IN_UNFOLD
    before_list = ""
    after_list = ""

    class Media:
        css = {"all": ["postroom/admin.css"]}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a filter that the list offers has this parameter."""
        if lookup not in {*self._parameters(request)}:
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:
        """The list that sorts by what it offers."""
        return OfferedList

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """None for a key that no row can have: PostgreSQL takes no NUL in a text."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Run an action on the rows that were ticked. Django 6.1 also says on which page.

        Raises:
            BadRequest: a ticked key is none that a row can have.
        """
        key = self.model._meta.pk
        for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                key.to_python(text)
            except ValidationError as error:
                raise BadRequest("A ticked row does not exist.") from error
            if "\0" in text:
                raise BadRequest("A ticked row does not exist.")
        return super().response_action(request, queryset, *args, **kwargs)

    def _parameters(self, request: HttpRequest) -> Iterator[str]:
        for offered in self.get_list_filter(request):
            if isinstance(offered, str):
                yield from self._of_field(offered)
            elif isinstance(offered, list | tuple):
                yield from self._of_field(offered[0])
            else:
                yield offered.parameter_name
        if self.date_hierarchy:
            yield from _joined(self.date_hierarchy, _OF_DATE)

    def _of_field(self, path: str) -> Iterator[str]:
        yield from _joined(path, _OF_FIELD)
        field: Any = get_fields_from_path(self.model, path)[-1]
        if target := getattr(field, "target_field", None):
            yield f"{path}__{target.name}__exact"


def _joined(path: str, endings: Iterable[str]) -> Iterator[str]:
    return (f"{path}{ending}" for ending in endings)
