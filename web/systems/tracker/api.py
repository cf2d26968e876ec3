"""`/api/epics/`, `/api/user-stories/`, `/api/tasks/`: users see and change what is theirs."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet, NumberFilter
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from postroom.web.api.rules import OwnRules
from postroom.web.systems.tracker import selectors
from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import Epic, Task, UserStory, WorkItem
from postroom.web.systems.tracker.serializers import (
    EpicSerializer,
    TaskSerializer,
    UserStorySerializer,
)


class WholeNumberFilter(NumberFilter):  # type: ignore[misc]  # django-filter has no types
    """Refuses `1.5`, of which the database would make 1."""

    field_class = forms.IntegerField


def _filters(model: type[WorkItem], *numbers: str) -> type[FilterSet]:
    """By status and priority, and by the number of a person or parent.

    A number that belongs to nobody finds nothing, as does one of somebody without items: the answer
    does not say which accounts exist.
    """
    by_number = {name: WholeNumberFilter(field_name=name) for name in ("reporter", *numbers)}
    meta = type("Meta", (), {"model": model, "fields": ("status", "priority")})
    return type(f"{model.__name__}Filters", (FilterSet,), {**by_number, "Meta": meta})


class MembersChange(BasePermission):
    """See `Membership`."""

    message = "Only the people on this item and members of its epic can change it."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Who sees it may read it."""
        if request.method in SAFE_METHODS:
            return True
        membership = Membership(request.user)
        deletes = request.method == "DELETE"
        return membership.may_delete(obj) if deletes else membership.may_edit(obj)


class ItemOrdering(OrderingFilter):
    """`ordering=priority`: critical first; `ordering=status`: as on the board; `-` reverses."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Equal items newest first, so that no item is on two pages."""
        asked = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*(self._term(name) for name in asked), "-id")

    def _term(self, name: str) -> Any:
        field = name.removeprefix("-")
        if field not in selectors.ORDERS:
            return name
        place = selectors.in_order(field)
        return place.desc() if name.startswith("-") else place.asc()


_E_MAILED = "status changes are e-mailed to owner, assignee and reporter"


@extend_schema_view(
    list=extend_schema(summary="Filter, search and order"),
    create=extend_schema(summary="Create (sends no e-mail)"),
    retrieve=extend_schema(summary="Read one"),
    update=extend_schema(summary=f"Replace ({_E_MAILED})"),
    partial_update=extend_schema(summary=f"Update ({_E_MAILED})"),
    destroy=extend_schema(summary="Delete (sends no e-mail)"),
)
class ItemViewSet(OwnRules, ModelViewSet[Any]):
    """One kind of item; subclasses name it."""

    kind = ""
    lookup_value_regex = "[0-9]{1,18}"
    permission_classes = (IsAuthenticated, MembersChange)
    filter_backends = (DjangoFilterBackend, SearchFilter, ItemOrdering)
    search_fields = ("title", "description")
    ordering_fields = ("id", "title", "priority", "status", "created_at", "updated_at")
    ordering = ("-updated_at",)

    def get_queryset(self) -> QuerySet[Any]:
        """What the user may see, with the rows that responses and checks need, in one query."""
        membership = Membership(self.request.user)
        items = membership.visible(selectors.items(self.kind), self.kind)
        # Two concurrent changes of one item must not overwrite each other's fields.
        changing = self.action in {"update", "partial_update"}
        return items.select_for_update(of=("self",), no_key=True) if changing else items

    # No docstring: the API's pages would show it for PUT, instead of the class's.
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)


class EpicViewSet(ItemViewSet):
    """Epics: something large with an owner and members."""

    kind = "epic"
    queryset = Epic.objects.none()
    serializer_class = EpicSerializer
    filterset_class = _filters(Epic, "owner", "members")

    def get_queryset(self) -> QuerySet[Epic]:
        """With their members."""
        return super().get_queryset().prefetch_related("members")


class UserStoryViewSet(ItemViewSet):
    """User stories: what one kind of user wants, perhaps as part of an epic."""

    kind = "user-story"
    queryset = UserStory.objects.none()
    serializer_class = UserStorySerializer
    filterset_class = _filters(UserStory, "assigned_to", "epic")


class TaskViewSet(ItemViewSet):
    """Tasks: one piece of work, perhaps as part of a user story."""

    kind = "task"
    queryset = Task.objects.none()
    serializer_class = TaskSerializer
    filterset_class = _filters(Task, "assigned_to", "user_story")
