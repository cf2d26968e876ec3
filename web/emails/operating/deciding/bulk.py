"""One action on many e-mails: chosen, confirmed, processed batch by batch, and followed."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import QueryDict

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.models import BulkAction
from postroom.web.emails.operating.deciding.forecast import forecast
from postroom.web.emails.operating.deciding.spoken import many

BATCH: Final = 500
FOLLOWED: Final = timedelta(days=30)  # afterwards the ids of an action are forgotten
GONE: Final = "deleted"  # counted by `now` beside the states
_STATE_FILTERS: Final = ("status", "status__exact", "status__in")


@dataclass(frozen=True, slots=True)
class BulkKind:
    """An action: the states it applies to, the permissions it needs, and its words on pages.

    `phrase` has a place for the e-mails; `done` follows "5 e-mails".
    """

    name: str
    phrase: str
    done: str
    states: frozenset[Status]
    permissions: tuple[str, ...]

    @property
    def of_all(self) -> str:
        """The label of the button above the list."""
        return self.phrase.format("all")

    @property
    def asks(self) -> bool:
        """Whether its button looks dangerous: all but a requeue."""
        return self.name != "requeue"

    def of(self, count: int) -> str:
        """The label of the button that confirms."""
        return self.phrase.format(many(count))


KINDS: Final = {
    kind.name: kind
    for kind in (
        BulkKind(
            "requeue", "Requeue {}", "requeued", REQUEUEABLE, ("postroom.requeue_emailqueue",)
        ),
        BulkKind(
            "allow",
            "Allow the addresses of {} again and requeue",
            "allowed again and requeued",
            REQUEUEABLE,
            ("postroom.requeue_emailqueue", "postroom.delete_suppression"),
        ),
        BulkKind(
            "cancel",
            "Cancel {}",
            "cancelled",
            frozenset({Status.PENDING}),
            ("postroom.cancel_emailqueue",),
        ),
        BulkKind(
            "arrived",
            "Mark {} as arrived",
            "marked as arrived",
            frozenset({Status.UNKNOWN}),
            ("postroom.resolve_emailqueue",),
        ),
    )
}


def named_states(question: str) -> set[Status]:
    """The states that a list's query string names."""
    asked = QueryDict(question)
    given = {v for name in _STATE_FILTERS for text in asked.getlist(name) for v in text.split(",")}
    return {state for state in Status if state.value in given}


def ask(
    kind: BulkKind,
    emails: QuerySet[Any],
    question: str,
    user: User,
    *,
    named: Collection[Status] | None = None,
) -> BulkAction:
    """Store what `kind` would do to `emails` now; nothing happens before `confirm`.

    `named`: the states that the filter names; read from `question` if not given.
    """
    _forget()
    states = named_states(question) if named is None else set(named)
    seen = forecast(kind.name, emails, named=states)
    first, last = seen.expired_first, seen.expired_last
    return BulkAction.objects.create(
        action=kind.name,
        question=question,
        email_ids=seen.ids,
        expired_ids=seen.expired_ids,
        skipped_ids=[],
        total=seen.total,
        named=sorted(state.value for state in states),
        forecast={
            "parts": [
                {"fate": part.fate, "count": part.count, "moves": part.moves, "text": part.text}
                for part in seen.parts
            ],
            "untouched": dict(seen.untouched),
            "more": seen.more,
            "expired": len(seen.expired_ids),
            "expired_first": first.isoformat() if first else None,
            "expired_last": last.isoformat() if last else None,
        },
        user=user,
    )


def confirm(bulk_id: int, *, expired: bool = False) -> bool:
    """Let it start, with `expired` also for what has expired. False: it has started already."""
    with transaction.atomic():
        rows = BulkAction.objects.filter(pk=bulk_id, confirmed_at=None)
        if not rows.select_for_update().only("pk"):
            return False
        changed: dict[str, Any] = {"confirmed_at": Now(), "expired_ids": []}
        if expired:
            ids, late = rows.values_list("email_ids", "expired_ids").get()
            both = sorted([*ids, *late])
            changed |= {"with_expired": True, "email_ids": both, "total": len(both)}
        rows.update(**changed)
    return True


def step(bulk_id: int, user: User) -> int:
    """Process one batch of a confirmed action. Number of e-mails, 0 when all are done.

    Two calls at once process two different batches, one after the other: the row is locked.
    """
    with transaction.atomic():
        rows = BulkAction.objects.filter(pk=bulk_id, finished_at=None, confirmed_at__isnull=False)
        bulk = rows.select_for_update().defer("email_ids", "skipped_ids").first()
        if bulk is None:
            return 0
        ids: list[int] = rows.values_list(
            f"email_ids__{bulk.done}_{bulk.done + BATCH}", flat=True
        ).get()
        moved = set(_decide(bulk, ids, user))
        bulk.moved += len(moved)
        bulk.done += len(ids)
        changed: dict[str, Any] = {"done": bulk.done, "moved": bulk.moved}
        if skipped := [pk for pk in ids if pk not in moved]:
            before = rows.values_list("skipped_ids", flat=True).get()
            changed["skipped_ids"] = [*before, *skipped]
        if bulk.done >= bulk.total:
            changed["finished_at"] = Now()
        rows.update(**changed)
    return len(ids)


def _decide(bulk: BulkAction, ids: list[int], user: User) -> list[int]:
    # Decisions are recorded in the log of Django's admin, and pages open without it.
    from postroom.web.emails.operating.deciding import decisions

    match bulk.action:
        case "requeue":
            states = set(REQUEUEABLE)
            if Status.CANCELLED.value not in bulk.named:
                states.discard(Status.CANCELLED)
            return decisions.requeued(ids, user, states=states, expired=bulk.with_expired)
        case "allow":
            return decisions.allowed(ids, user, expired=bulk.with_expired)
        case "cancel":
            return decisions.cancelled(ids, user)
        case "arrived":
            return decisions.arrived(ids, user)
    raise KeyError(bulk.action)


# As an array the ids are looked up in their order, and not one by one.
_NOW: Final = """
SELECT q.status, count(*) FROM postroom_emailqueue q
WHERE q.id = ANY((SELECT {}::bigint[] FROM postroom_bulkaction b WHERE b.id = %s)::bigint[])
GROUP BY 1
"""
_SIZES: Final = """
SELECT cardinality(email_ids[1:done]), cardinality(skipped_ids)
FROM postroom_bulkaction WHERE id = %s
"""


def now(bulk_id: int) -> dict[str, int]:
    """What the e-mails that the action moved are now: numbers by state, in the order of `Status`.

    `deleted`: cleaned up since. Empty when nothing was moved, or 30 days after it.
    """
    found: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, (bulk_id,))
        processed, skipped = cursor.fetchone() or (0, 0)
        for ids, size, sign in (
            ("b.email_ids[1:b.done]", processed, 1), ("b.skipped_ids", skipped, -1),
        ):  # fmt: skip
            if size:
                cursor.execute(_NOW.format(ids), (bulk_id,))
                states = dict(cursor.fetchall())
                states[GONE] = size - sum(states.values())
                found.update({state: sign * count for state, count in states.items()})
    order = [*(state.value for state in Status), GONE]
    return {state: found[state] for state in order if found[state]}


def waiting(states: dict[str, int]) -> int:
    """How many of those that `now` counts still have to be sent."""
    return sum(states.get(state.value, 0) for state in (Status.PENDING, Status.PROCESSING))


def _forget() -> None:
    old = BulkAction.objects.filter(created_at__lt=Now() - FOLLOWED)
    old.filter(confirmed_at=None).delete()
    old.exclude(finished_at=None).exclude(email_ids=[]).update(
        email_ids=[], expired_ids=[], skipped_ids=[]
    )
