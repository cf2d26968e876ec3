"""One decision about many e-mails: asked, confirmed, and worked off batch by batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import BulkAction

BATCH: Final = 500
MOST: Final = 200_000  # e-mails a decision


@dataclass(frozen=True, slots=True)
class BulkKind:
    """What an action may be done to, which permission it takes, and what it does, in words."""

    name: str
    label: str
    states: frozenset[Status]
    permission: str
    effect: str


KINDS: Final = {
    kind.name: kind
    for kind in (
        BulkKind(
            "requeue",
            "Requeue",
            REQUEUEABLE,
            "postroom.requeue_emailqueue",
            "gets a full set of new attempts; addresses that accepted it do not get it again",
        ),
        BulkKind(
            "cancel",
            "Cancel",
            frozenset({Status.PENDING}),
            "postroom.cancel_emailqueue",
            "is not sent, unless somebody requeues it",
        ),
        BulkKind(
            "arrived",
            "It arrived",
            frozenset({Status.UNKNOWN}),
            "postroom.resolve_emailqueue",
            "counts as completed (partial if other addresses were refused), not sent again",
        ),
    )
}


def ask(kind: BulkKind, emails: QuerySet[Any], question: str, user: User) -> BulkAction:
    """Note what `kind` would do to `emails` now; nothing is done before `confirm`."""
    rows = emails.order_by()
    counts = dict(rows.values_list("status").annotate(Count("pk")))
    mine = rows.filter(status__in=[state.value for state in kind.states])
    ids = list(mine.order_by("pk").values_list("pk", flat=True)[:MOST])
    return BulkAction.objects.create(
        action=kind.name,
        question=question,
        email_ids=ids,
        total=len(ids),
        counts=counts,
        user=user,
    )


def confirm(bulk_id: int) -> bool:
    """Let it begin. False: somebody did so before."""
    waiting = BulkAction.objects.filter(pk=bulk_id, confirmed_at=None)
    return bool(waiting.update(confirmed_at=Now()))


def step(bulk_id: int, decide: Callable[[Sequence[int]], int]) -> int:
    """Work off one batch of a confirmed action; how many it looked at, 0 when all is done.

    Two at once do two different batches, one after the other: the row is locked meanwhile.
    """
    with transaction.atomic():
        rows = BulkAction.objects.filter(pk=bulk_id, finished_at=None, confirmed_at__isnull=False)
        bulk = rows.select_for_update().defer("email_ids").first()
        if bulk is None:
            return 0
        ids: list[int] = rows.values_list(
            f"email_ids__{bulk.done}_{bulk.done + BATCH}", flat=True
        ).get()
        bulk.moved += decide(ids)
        bulk.done += len(ids)
        changed: dict[str, Any] = {"done": bulk.done, "moved": bulk.moved}
        if bulk.done >= bulk.total:
            changed |= {"finished_at": Now(), "email_ids": []}
        rows.update(**changed)
    return len(ids)
