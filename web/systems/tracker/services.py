"""What users do with items on the board."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import KINDS, ItemStatus, WorkItem


@transaction.atomic
def move(kind: str, item_id: int, status: ItemStatus, *, user: Any) -> WorkItem:
    """Give an item a status; the save queues the e-mails to its people (notices.py).

    Raises:
        WorkItem.DoesNotExist: there is no such item.
        PermissionDenied: `user` may not change it.
    """
    item: WorkItem = KINDS[kind]._default_manager.get(pk=item_id)
    if not Membership(user).may_edit(item):
        raise PermissionDenied
    item.status = status
    item.save(update_fields=["status", "updated_at"])
    return item
