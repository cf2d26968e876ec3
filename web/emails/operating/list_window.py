"""Which rows a list reads, so that it opens quickly however many rows there are.

A filter without an index would read the whole table to say "nothing found". So a list reads a
window: the rows of a status or address that an index gives, or else a span of ids, newest first.
It says how far it has looked, and links to the next window (docs/decisions/0011).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Model, Q

from postroom.shared.status import Status
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.models.email import NOT_WELL

SPAN: Final = 25_000  # ids in a window (see what-speed-costs: list windows)
FEW: Final = 2_000  # rows that an index gives one by one
# Rows of a long transaction are older than their neighbours: created_at is the transaction's start.
_LONGEST_TRANSACTION: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The rows with one of `ids`, or else with an id from `low` to `high`; without both, all.

    `more`: there are rows after `edge`, the last id of the window. `named`: these are exactly the
    rows that a search names; `cut`: the newest of them, as there are more than a list names.
    """

    ids: tuple[int, ...] | None = None
    low: int | None = None
    high: int | None = None
    more: bool = False
    edge: int = 0
    named: bool = False
    cut: bool = False

    def on(self, field: str) -> Q:
        """The same window as a condition on `field`, which holds e-mail ids."""
        if self.ids is not None:
            return Q(**{f"{field}__in": self.ids})
        if self.low is None:
            return Q()
        return Q(**{f"{field}__gte": self.low, f"{field}__lte": self.high})


EVERYTHING: Final = Window()
NOTHING: Final = Window(ids=())


def named(ids: Sequence[int]) -> Window:
    """The rows that a search names, anywhere in the table."""
    return Window(ids=tuple(ids), named=True)


def of_emails(
    *,
    status: str = "",
    before: datetime | None = None,
    past: int | None = None,
    rising: bool = False,
) -> Window:
    """The window of the list of e-mails: in `status`, created before `before`.

    `past`: continue after this id. `rising`: oldest first instead of newest first.
    """
    if status in NOT_WELL:
        return _in_state(status, past, rising)
    if status in (Status.PENDING, Status.PROCESSING):
        ids = _unfinished(status)
        if len(ids) <= FEW:
            return Window(ids=tuple(ids))
    if before is not None and not rising:
        bound = first_id_since(before + _LONGEST_TRANSACTION)
        if bound is not None and (past is None or bound < past):
            past = bound
    return of_rows(EmailQueue, past=past, rising=rising)


def of_rows(model: type[Model], *, past: int | None = None, rising: bool = False) -> Window:
    """The newest `SPAN` ids of any table, or those after `past`."""
    rows: Any = model._default_manager
    order = "pk" if rising else "-pk"
    first = _behind(rows.all(), past, rising).order_by(order).values_list("pk", flat=True).first()
    if first is None:
        return NOTHING
    low, high = (first, first + SPAN - 1) if rising else (first - SPAN + 1, first)
    edge = high if rising else low
    more = _behind(rows.all(), edge, rising).order_by(order).values_list("pk", flat=True).first()
    return Window(low=low, high=high, more=more is not None, edge=edge)


def first_id_since(moment: datetime) -> int | None:
    """A lower bound for the ids of e-mails created since `moment`; None: the table is small.

    A binary search by primary key, as ids grow with time.
    """
    ids = EmailQueue.objects.order_by("pk").values_list("pk", flat=True)
    low, high = ids.first(), ids.last()
    if low is None or high is None or high - low <= SPAN:
        return None
    while low < high:
        middle = (low + high) // 2
        row = EmailQueue.objects.filter(pk__gte=middle).order_by("pk")
        found, created = row.values_list("pk", "created_at")[:1].get()
        if created >= moment:
            high = middle
        else:
            low = found + 1
    return low


def _in_state(status: str, past: int | None, rising: bool) -> Window:
    rows = _behind(EmailQueue.objects.filter(status=status), past, rising)
    ids = rows.order_by("pk" if rising else "-pk").values_list("pk", flat=True)[: FEW + 1]
    found = tuple(ids)
    more = len(found) > FEW
    return Window(ids=found[:FEW], more=more, edge=found[FEW - 1] if more else 0)


def _unfinished(status: str) -> list[int]:
    """Ids, cut soon after `FEW`. Each order is that of a partial index, so that it is used."""
    rows = EmailQueue.objects.filter(status=status).values_list("pk", flat=True)
    if status == Status.PROCESSING:
        return list(rows.order_by("lease_expires_at")[: FEW + 1])
    due = rows.filter(published_at=None).order_by("priority", "next_attempt_at")
    published = rows.filter(published_at__isnull=False).order_by("priority", "published_at")
    return [*due[: FEW + 1], *published[: FEW + 1]]


def _behind(rows: Any, past: int | None, rising: bool) -> Any:
    if past is None:
        return rows
    return rows.filter(pk__gt=past) if rising else rows.filter(pk__lt=past)
