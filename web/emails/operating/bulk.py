"""One action on many e-mails: chosen, confirmed, and processed batch by batch."""

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
MOST: Final = 200_000  # e-mails per action
CONTENT_ERASED: Final = "content erased"  # counted apart: these cannot be sent again


@dataclass(frozen=True, slots=True)
class BulkKind:
    """An action: the states it applies to, the permission it needs, and its words on pages.

    `phrase` has a place for the e-mails; `done` follows "5 e-mails", and `effect` follows "each".
    """

    name: str
    phrase: str
    done: str
    states: frozenset[Status]
    permission: str
    effect: str
    needs_content: bool = False

    @property
    def of_all(self) -> str:
        """The label of the button above the list."""
        return self.phrase.format("all")

    def of(self, count: int) -> str:
        """The label of the button that confirms."""
        return self.phrase.format("1 e-mail" if count == 1 else f"{count} e-mails")


KINDS: Final = {
    kind.name: kind
    for kind in (
        BulkKind(
            "requeue",
            "Requeue {}",
            "requeued",
            REQUEUEABLE,
            "postroom.requeue_emailqueue",
            "gets a full set of new attempts; addresses that accepted it do not get it again",
            needs_content=True,
        ),
        BulkKind(
            "cancel",
            "Cancel {}",
            "cancelled",
            frozenset({Status.PENDING}),
            "postroom.cancel_emailqueue",
            "is not sent, unless an operator requeues it",
        ),
        BulkKind(
            "arrived",
            "Mark {} as arrived",
            "marked as arrived",
            frozenset({Status.UNKNOWN}),
            "postroom.resolve_emailqueue",
            "is completed (partial if other addresses were refused) and not sent again",
        ),
    )
}


def ask(kind: BulkKind, emails: QuerySet[Any], question: str, user: User) -> BulkAction:
    """Store what `kind` would do to `emails` now; nothing happens before `confirm`."""
    rows = emails.order_by()
    erased = 0
    if kind.needs_content:
        erased = rows.filter(content_erased_at__isnull=False).count()
        rows = rows.filter(content_erased_at=None)
    counts = dict(rows.values_list("status").annotate(Count("pk")))
    counts |= {CONTENT_ERASED: erased} if erased else {}
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
    """Let it start. False: it has started already."""
    waiting = BulkAction.objects.filter(pk=bulk_id, confirmed_at=None)
    return bool(waiting.update(confirmed_at=Now()))


def step(bulk_id: int, decide: Callable[[Sequence[int]], int]) -> int:
    """Process one batch of a confirmed action. Number of e-mails, 0 when all are done.

    Two calls at once process two different batches, one after the other: the row is locked.
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
