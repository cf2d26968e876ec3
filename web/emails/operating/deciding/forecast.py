"""What an action on many e-mails will really do, by number, before anyone confirms it.

The rules are those of `transitions` and of the mailer's claim; here nothing is written.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails.operating.deciding.forecast_words import sentence
from postroom.web.emails.transitions import FORBIDS

MOST: Final = 200_000  # e-mails per action


class Fate(StrEnum):
    """What becomes of an e-mail by an action."""

    SENT = "sent"
    REPEATED = "repeated"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    ERASED = "erased"
    NOBODY = "nobody"
    STOPPED = "stopped"
    COMPLETED = "completed"
    PARTIAL = "partial"
    OTHER = "other"


_STATES: Final[Mapping[str, frozenset[Status]]] = {
    "requeue": REQUEUEABLE,
    "allow": REQUEUEABLE,
    "cancel": frozenset({Status.PENDING}),
    "arrived": frozenset({Status.UNKNOWN}),
}
# What each action moves, once it is confirmed; EXPIRED only where that is asked for as well.
_MOVES: Final[Mapping[str, frozenset[Fate]]] = {
    "requeue": frozenset({Fate.SENT, Fate.REPEATED, Fate.CANCELLED}),
    "allow": frozenset({Fate.SENT}),
    "cancel": frozenset({Fate.STOPPED}),
    "arrived": frozenset({Fate.COMPLETED, Fate.PARTIAL}),
}

# One pass over the e-mails in the order of their ids, and over their addresses that did not accept.
_EACH: Final = f"""
WITH each AS (
  SELECT q.id, q.status, q.expires_at,
    q.status = 'expired' OR coalesce(q.expires_at <= now(), false) AS over,
    count(r.id) > 0 AS open, bool_or(q.priority = 'high' OR s.id IS NULL) AS free,
    coalesce(bool_or(r.status IN ('refused', 'pending')), false) AS without_it
  FROM postroom_emailqueue q
  LEFT JOIN postroom_emailrecipient r ON r.email_id = q.id AND r.status <> 'accepted'
  LEFT JOIN postroom_suppression s ON {FORBIDS}
  WHERE q.id = ANY(%(ids)s) GROUP BY q.id
)
SELECT fate, array_agg(id), min(expires_at), max(expires_at)
FROM (SELECT {{}} AS fate, id, expires_at FROM each) AS fates GROUP BY fate
"""
_FATES: Final[Mapping[str, str]] = {
    "requeue": """CASE WHEN NOT open THEN 'nobody' WHEN NOT free THEN 'suppressed'
        WHEN over THEN 'expired' WHEN status = 'unknown' THEN 'repeated'
        WHEN status = 'cancelled' THEN 'cancelled' ELSE 'sent' END""",
    "allow": """CASE WHEN NOT open THEN 'nobody' WHEN free THEN 'other'
        WHEN over THEN 'expired' ELSE 'sent' END""",
    "arrived": "CASE WHEN without_it THEN 'partial' ELSE 'completed' END",
}


@dataclass(frozen=True, slots=True)
class Part:
    """E-mails with one fate. `moves`: the action changes them. `text`: a sentence with `count`."""

    fate: Fate
    count: int
    moves: bool
    text: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an action would do now; parts without e-mails are left out.

    `untouched`: e-mails by state that this action never changes. `ids`: what it moves.
    `expired_ids`: what it moves only where someone says so; `expired_first` and `expired_last` say
    since when, where that is known. `more`: e-mails beyond what one action takes.
    """

    kind: str
    parts: tuple[Part, ...]
    untouched: Mapping[str, int]
    ids: list[int] = field(repr=False)
    expired_ids: list[int] = field(repr=False)
    by_fate: Mapping[Fate, list[int]] = field(repr=False)
    expired_first: datetime | None
    expired_last: datetime | None
    more: int

    @property
    def total(self) -> int:
        """E-mails that it moves without a further question."""
        return len(self.ids)

    @property
    def everything(self) -> int:
        """All e-mails that were looked at."""
        return sum(part.count for part in self.parts) + sum(self.untouched.values())

    def count(self, fate: Fate) -> int:
        """E-mails with this fate."""
        return sum(part.count for part in self.parts if part.fate is fate)

    def ids_of(self, fate: Fate) -> list[int]:
        """The e-mails with this fate, as far as one action takes them."""
        return self.by_fate.get(fate, [])

    @property
    def sentences(self) -> list[str]:
        """What will happen and what will not, for pages; each names a number."""
        return [part.text for part in self.parts]


def forecast(
    kind: str,
    emails: QuerySet[Any],
    *,
    named: Collection[Status | str] = (),
    most: int | None = MOST,
) -> Forecast:
    """What the action `kind` would do to `emails`: requeue, allow, cancel or arrived.

    `named`: the states that the filter behind `emails` names. What people cancelled is requeued
    only where they are named. `most`: e-mails that one action takes, the oldest first.

    Raises:
        KeyError: there is no such action.
    """
    states = _STATES[kind]
    rows = emails.order_by()
    sends = kind in ("requeue", "allow")
    left_cancelled = kind == "requeue" and Status.CANCELLED not in set(named)
    taken = states - {Status.CANCELLED} if left_cancelled else states
    groups = rows.values_list("status").annotate(
        Count("pk"), erased=Count("pk", filter=Q(content_erased_at__isnull=False))
    )
    by_state = {status: (count, erased if sends else 0) for status, count, erased in groups}
    mine = rows.filter(status__in=[state.value for state in taken])
    if sends:
        mine = mine.filter(content_erased_at=None)
    ids = list(mine.order_by("pk").values_list("pk", flat=True)[:most])
    found = _fates(kind, ids)
    counts = {fate: len(found[fate][0]) for fate in found}
    counts[Fate.ERASED] = sum(erased for state, (_, erased) in by_state.items() if state in states)
    if left_cancelled:
        count, erased = by_state.get(Status.CANCELLED, (0, 0))
        counts[Fate.CANCELLED] = count - erased
    moves = _MOVES[kind] - ({Fate.CANCELLED} if left_cancelled else set())
    over = found.get(Fate.EXPIRED, ([], None, None))
    everything = sum(count - erased for s, (count, erased) in by_state.items() if s in taken)
    return Forecast(
        kind=kind,
        parts=tuple(
            _part(kind, fate, counts[fate], over[1:], moves=fate in moves)
            for fate in Fate
            if counts.get(fate)
        ),
        untouched={s: count for s, (count, _) in sorted(by_state.items()) if s not in states},
        ids=sorted(pk for fate in moves for pk in found.get(fate, ([],))[0]),
        expired_ids=over[0],
        by_fate={fate: ids for fate, (ids, _, _) in found.items()},
        expired_first=over[1],
        expired_last=over[2],
        more=everything - len(ids),
    )


def _part(kind: str, fate: Fate, count: int, over: tuple[Any, Any], *, moves: bool) -> Part:
    return Part(fate, count, moves, sentence(kind, fate, count, over, moves=moves))


def _fates(kind: str, ids: list[int]) -> dict[Fate, tuple[list[int], Any, Any]]:
    if not ids:
        return {}
    if kind not in _FATES:
        return {Fate.STOPPED: (ids, None, None)}
    with transaction.atomic(), connection.cursor() as cursor:
        # Hundreds of thousands of rows are sorted and hashed; on disk that takes seconds.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_EACH.format(_FATES[kind]), {"ids": ids})
        return {Fate(fate): (sorted(found), first, last) for fate, found, first, last in cursor}
