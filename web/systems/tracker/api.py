"""`/api/epics/`, `/api/user-stories/`, `/api/tasks/`: all read, an item's people change it."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from postroom.web.systems.tracker import selectors
from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import Epic, Task, UserStory
from postroom.web.systems.tracker.serializers import (
    EpicSerializer,
    TaskSerializer,
    UserStorySerializer,
)

_FILTERS = ("status", "priority", "reporter")


class MembersChange(BasePermission):
    """See `Membership`."""

    message = "Only its people and the members of its epic may change it."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Reading is free for who has a token."""
        if request.method in SAFE_METHODS:
            return True
        membership = Membership(request.user)
        deletes = request.method == "DELETE"
        return membership.may_delete(obj) if deletes else membership.may_edit(obj)


class ItemOrdering(OrderingFilter):
    """`ordering=priority` is critical first, `ordering=status` as on the board; `-` turns round."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Equal ones newest first, so that no page shows one twice."""
        asked = self.get_ordering(request, queryset, view) or ()
        return queryset.order_by(*(self._term(name) for name in asked), "-id")

    def _term(self, name: str) -> Any:
        field = name.removeprefix("-")
        if field not in selectors.ORDERS:
            return name
        place = selectors.in_order(field)
        return place.desc() if name.startswith("-") else place.asc()


_TOLD = "its people are told of a new status by e-mail"


@extend_schema_view(
    list=extend_schema(summary="Filter, search and order"),
    create=extend_schema(summary="Create; nobody is told"),
    retrieve=extend_schema(summary="Read one"),
    update=extend_schema(summary=f"Replace; {_TOLD}"),
    partial_update=extend_schema(summary=f"Change; {_TOLD}"),
    destroy=extend_schema(summary="Delete; nobody is told"),
)
class ItemViewSet(ModelViewSet[Any]):
    """One kind of item; subclasses name it."""

    kind = ""
    permission_classes = (IsAuthenticated, MembersChange)
    filter_backends = (DjangoFilterBackend, SearchFilter, ItemOrdering)
    search_fields = ("title", "description")
    ordering_fields = ("id", "title", "priority", "status", "created_at", "updated_at")
    ordering = ("-updated_at",)

    def get_queryset(self) -> QuerySet[Any]:
        """With what is shown and asked about, in one query."""
        items = selectors.items(self.kind)
        # Two changes of one item at once must not undo each other's fields.
        changing = self.action in {"update", "partial_update"}
        return items.select_for_update(of=("self",), no_key=True) if changing else items

    # No docstring: it would describe PUT alone in the API's pages, in place of the class's.
    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().update(request, *args, **kwargs)


class EpicViewSet(ItemViewSet):
    """Epics: something large with an owner and members."""

    kind = "epic"
    queryset = Epic.objects.none()
    serializer_class = EpicSerializer
    filterset_fields = (*_FILTERS, "owner", "members")

    def get_queryset(self) -> QuerySet[Epic]:
        """With their members."""
        return super().get_queryset().prefetch_related("members")


class UserStoryViewSet(ItemViewSet):
    """User stories: what one kind of user wants, perhaps as part of an epic."""

    kind = "user-story"
    queryset = UserStory.objects.none()
    serializer_class = UserStorySerializer
    filterset_fields = (*_FILTERS, "assigned_to", "epic")


class TaskViewSet(ItemViewSet):
    """Tasks: one piece of work, perhaps as part of a user story."""

    kind = "task"
    queryset = Task.objects.none()
    serializer_class = TaskSerializer
    filterset_fields = (*_FILTERS, "assigned_to", "user_story")
