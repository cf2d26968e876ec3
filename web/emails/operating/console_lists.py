"""Queries of the console's lists and charts; each uses an index, and none counts a whole table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    Max,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from postroom.shared.addresses import comparison_key
from postroom.shared.status import AttemptOutcome, Status
from postroom.web.emails.models import EmailLog, EmailQueue, Suppression
from postroom.web.emails.models.email import NOT_WELL
from postroom.web.emails.operating import error_classes, list_window
from postroom.web.emails.operating.list_window import Window

CAP: Final = 10_000  # a count above is "10 000+"
MOST_ATTEMPTED: Final = 2_000  # e-mails of one period that a list names

# One definition for charts, figures and the lists that they lead to, as outcomes of attempts.
OUTCOMES: Final[Mapping[str, tuple[AttemptOutcome, ...]]] = {
    "sent": (AttemptOutcome.ACCEPTED, AttemptOutcome.PARTIAL),
    "failed": (AttemptOutcome.FAILED,),
    "delayed": (AttemptOutcome.RETRY, AttemptOutcome.LEASE_EXPIRED, AttemptOutcome.UNKNOWN),
}

_ORIGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
# Counted by period and outcome first, so that Python handles few rows.
_HISTORY: Final = """
SELECT date_bin(%(slot)s::interval, created_at, %(origin)s) AS begins, outcome, count(*)
FROM postroom_emaillog WHERE created_at >= %(start)s GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Attempts from `begins` on, for the length of a slot: `counts` by the keys of `OUTCOMES`."""

    begins: datetime
    counts: Mapping[str, int]


def attempts_by_period(slot: timedelta, slots: int) -> list[Period]:
    """Attempts of the last `slots` periods, oldest first; the last one is not over yet."""
    now = timezone.now()
    aware = now if timezone.is_aware(now) else timezone.make_aware(now)
    last = _ORIGIN + slot * ((aware - _ORIGIN) // slot)
    start = last - slot * (slots - 1)
    kinds = {outcome.value: kind for kind, found in OUTCOMES.items() for outcome in found}
    counts: dict[datetime, dict[str, int]] = {
        start + slot * place: dict.fromkeys(OUTCOMES, 0) for place in range(slots)
    }
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"slot": slot, "origin": _ORIGIN, "start": start}
        cursor.execute(_HISTORY, values)
        for begins, outcome, number in cursor.fetchall():
            kind = kinds.get(outcome)
            # The database's clock may be a little ahead of this host's.
            if kind is not None and begins.astimezone(UTC) in counts:
                counts[begins.astimezone(UTC)][kind] += number
    return [Period(begins, found) for begins, found in counts.items()]


def attempted_between(start: datetime, end: datetime, kind: str) -> Window:
    """The e-mails that had an attempt of `kind` from `start` to before `end`.

    Those of the newest attempts, if there are more than `MOST_ATTEMPTED`; the window is then `cut`.
    """
    # By the newest attempt: `DISTINCT` alone would sort by e-mail.
    found = _attempts(start, end, kind).values("email").annotate(last=Max("pk")).order_by("-last")
    ids = list(found.values_list("email", flat=True)[: MOST_ATTEMPTED + 1])
    cut = len(ids) > MOST_ATTEMPTED
    return Window(ids=tuple(ids[:MOST_ATTEMPTED]), more=False, named=True, cut=cut)


def all_attempted_between(start: datetime, end: datetime, kind: str) -> QuerySet[EmailQueue]:
    """The same e-mails, each of them, however long that takes: for bulk actions."""
    return EmailQueue.objects.filter(pk__in=_attempts(start, end, kind).values("email"))


def _attempts(start: datetime, end: datetime, kind: str) -> QuerySet[EmailLog]:
    outcomes = [outcome.value for outcome in OUTCOMES[kind]]
    rows = EmailLog.objects.filter(created_at__gte=start, created_at__lt=end, outcome__in=outcomes)
    return rows.order_by()


def counts_by_status() -> dict[str, tuple[int, bool]]:
    """For each status how many e-mails, and whether there may be more than that.

    States with an index of their own are counted to `CAP`. Sent e-mails have none: those among the
    newest ids are counted.
    """
    found = {status.value: _capped(status) for status in (*NOT_WELL, Status.PROCESSING)}
    pending = [_capped(Status.PENDING, published_at__isnull=yes) for yes in (True, False)]
    both = sum(number for number, _ in pending)
    found[Status.PENDING.value] = (min(both, CAP), both > CAP or any(more for _, more in pending))
    newest = list_window.of_rows(EmailQueue)
    sent, over = _capped(Status.COMPLETED, window=newest)
    found[Status.COMPLETED.value] = (sent, over or newest.more)
    return found


def _capped(
    status: Status, *, window: Window = list_window.EVERYTHING, **fields: Any
) -> tuple[int, bool]:
    rows = EmailQueue.objects.filter(window.on("pk"), status=status.value, **fields).order_by()
    number = rows[: CAP + 1].count()
    return min(number, CAP), number > CAP


def last_attempts(email_ids: Sequence[int]) -> dict[int, EmailLog]:
    """The newest attempt of each of these e-mails, by e-mail."""
    rows = EmailLog.objects.filter(email__in=email_ids).order_by().values("email")
    newest = rows.annotate(last=Max("pk")).values_list("last", flat=True)
    return {row.email_id: row for row in EmailLog.objects.filter(pk__in=list(newest))}


def errors_in(window: Window) -> dict[str, int]:
    """How many e-mails of the window have a last attempt of each class of `error_classes`."""
    if not window.ids:
        return {}
    # The window on both sides: whatever the plan, no side reads all attempts.
    inside = window.on("email")
    later = EmailLog.objects.filter(inside, email=OuterRef("email"), pk__gt=OuterRef("pk"))
    kinds = [When(error_classes.condition(key), then=Value(key)) for key in error_classes.LABELS]
    rows = EmailLog.objects.filter(inside).filter(~Exists(later))
    kind = Case(*kinds, default=Value(""), output_field=CharField())
    counted = rows.annotate(kind=kind).order_by().values("kind").annotate(n=Count("pk"))
    numbers = {row["kind"]: row["n"] for row in counted if row["kind"]}
    return dict(sorted(numbers.items(), key=lambda pair: -pair[1]))


def suppressions(email: EmailQueue, addresses: Sequence[str]) -> dict[str, Suppression]:
    """Entries of the suppression list that keep `email` from these addresses, by comparison key."""
    keys = {comparison_key(address) for address in addresses}
    rows = Suppression.objects.filter(address__in=keys, list_id__in={"", email.list_id})
    return {str(row.address): row for row in rows}
