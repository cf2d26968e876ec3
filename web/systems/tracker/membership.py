"""Who may see, change and delete an item, and whose name a user may know."""

from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from postroom.web.systems.tracker.models import KINDS, Epic, WorkItem

# The path from an item to its epic.
_EPIC: Final = {"epic": "pk", "user-story": "epic", "task": "user_story__epic"}


class Membership:
    """What one user may do; a query each for epics and people, however many items are checked."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self._user = user
        self._epics: frozenset[int] | None = None
        self._colleagues: frozenset[int] | None = None

    def visible(self, items: QuerySet[Any], kind: str) -> QuerySet[Any]:
        """Those of `items` that the user may see: their own, those of their epics, or all.

        All need the permission to view, change or delete items of the kind.
        """
        if self._has_any(kind, "view", "change", "delete"):
            return items
        holder = KINDS[kind].holder_field
        mine = Q(reporter=self._user.pk) | Q(**{holder: self._user.pk})
        return items.filter(mine | Q(**{f"{_EPIC[kind]}__in": self._member_of()}))

    def may_edit(self, item: WorkItem) -> bool:
        """Reporter, owner or assignee, owner and members of the epic, or `change` permission."""
        return self._may("change", item)

    def may_delete(self, item: WorkItem) -> bool:
        """The same people, or `delete` permission: `change` permission is not enough."""
        return self._may("delete", item)

    def may_name_anybody(self, kind: str) -> bool:
        """Whether the user may put any account on an item; others only people they know."""
        return self._has_any(kind, "change")

    def knows(self, person_id: int | None, item: WorkItem) -> bool:
        """Whether the user may read the name of this person, who is on `item`.

        Their own; the reporter's, whom only an item's creator or staff can set; owners and members
        of epics that somebody else created and that the user belongs to. Otherwise anyone could
        put every account on an item of theirs, one after the other, and read the names.
        """
        return (
            person_id in {None, self._user.pk, item.reporter_id}
            or person_id in self.colleagues()
            or self._has_any(item.kind, "view", "change")
        )

    def colleagues(self) -> frozenset[int]:
        """Owners and members of the user's epics, without the epics they created themselves."""
        if self._colleagues is None:
            epics = Epic.objects.filter(pk__in=self._member_of()).exclude(reporter=self._user.pk)
            found = epics.values_list("owner", "members")
            self._colleagues = frozenset(pk for pair in found for pk in pair if pk is not None)
        return self._colleagues

    def _may(self, action: str, item: WorkItem) -> bool:
        if not self._user.is_active:
            return False
        if self._user.pk in {item.reporter_id, getattr(item, f"{item.holder_field}_id")}:
            return True
        if item.epic_id_above in self._member_of():
            return True
        return self._user.has_perm(f"postroom_tracker.{action}_{item._meta.model_name}")

    def _has_any(self, kind: str, *actions: str) -> bool:
        model = KINDS[kind]._meta.model_name
        return any(self._user.has_perm(f"postroom_tracker.{action}_{model}") for action in actions)

    def _member_of(self) -> frozenset[int]:
        if self._epics is None:
            mine: Any = Q(owner=self._user.pk) | Q(members=self._user.pk)
            self._epics = frozenset(Epic.objects.filter(mine).values_list("pk", flat=True))
        return self._epics
