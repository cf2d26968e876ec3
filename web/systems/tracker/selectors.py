"""The queries of board and API, with everything they show, one query per kind."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, When

from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import KINDS, ItemPriority, ItemStatus, WorkItem

# Cards per column: a board with thousands is useless.
CARDS = 50
_ABOVE = {"epic": (), "user-story": ("epic",), "task": ("user_story__epic",)}

# The order of these fields in sorted lists; alphabetical order would put "blocked" first.
ORDERS = {"priority": tuple(reversed(ItemPriority)), "status": tuple(ItemStatus)}


def in_order(field: str) -> Case:
    """The expression that sorts by a field of ORDERS."""
    places = [When(**{field: value}, then=place) for place, value in enumerate(ORDERS[field])]
    return Case(*places, output_field=IntegerField())


def items(kind: str) -> QuerySet[Any]:
    """All items of one kind, with their people and parents."""
    model = KINDS[kind]
    related = ("reporter", model.holder_field, *_ABOVE[kind])
    return model._default_manager.select_related(*related)


def column(
    status: ItemStatus, viewer: Membership, *, kind: str = "", person_id: int | None = None
) -> list[WorkItem]:
    """The newest CARDS items in `status` that `viewer` sees: of a kind or all, a person or all."""
    found: list[WorkItem] = []
    for each in [kind] if kind else KINDS:
        query = viewer.visible(items(each), each).filter(status=status)
        if person_id is not None:
            holder = KINDS[each].holder_field
            query = query.filter(Q(reporter=person_id) | Q(**{holder: person_id}))
        found += query[:CARDS]
    return sorted(found, key=lambda item: item.updated_at, reverse=True)[:CARDS]
