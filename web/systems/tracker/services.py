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
        WorkItem.DoesNotExist: there is no such item, or `user` may not see it.
        PermissionDenied: `user` may not change it.
    """
    membership = Membership(user)
    item: WorkItem = membership.visible(KINDS[kind]._default_manager.all(), kind).get(pk=item_id)
    if not membership.may_edit(item):
        raise PermissionDenied
    item.status = status
    item.save(update_fields=["status", "updated_at"])
    return item
