"""Who may change and delete an item: its people, those of its epic, users with permission."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from postroom.web.systems.tracker.models import Epic, WorkItem


class Membership:
    """What one user may change; one query, however many items are checked."""

    def __init__(self, user: User | AnonymousUser) -> None:
        self._user = user
        self._epics: frozenset[int] | None = None

    def may_edit(self, item: WorkItem) -> bool:
        """Reporter, owner or assignee, owner and members of the epic, or `change` permission."""
        return self._may("change", item)

    def may_delete(self, item: WorkItem) -> bool:
        """The same people, or `delete` permission: `change` permission is not enough."""
        return self._may("delete", item)

    def _may(self, action: str, item: WorkItem) -> bool:
        if not self._user.is_active:
            return False
        if self._user.pk in {item.reporter_id, getattr(item, f"{item.holder_field}_id")}:
            return True
        if item.epic_id_above in self._member_of():
            return True
        return self._user.has_perm(f"postroom_tracker.{action}_{item._meta.model_name}")

    def _member_of(self) -> frozenset[int]:
        if self._epics is None:
            mine: Any = Q(owner=self._user.pk) | Q(members=self._user.pk)
            self._epics = frozenset(Epic.objects.filter(mine).values_list("pk", flat=True))
        return self._epics
