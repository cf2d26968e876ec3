"""The state of the queue now: figures for the console, `/metrics` and `check_email_queue`.

Every count uses a partial index of the queue, or the time index of the log, so that none gets
slower as finished rows pile up. Times are the database's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from postroom.shared.status import Priority, Status

ATTENTION: Final = (Status.FAILED, Status.PARTIAL, Status.UNKNOWN)
SILENT_SECONDS: Final = 15.0  # three missed heartbeats

# An e-mail published again after RabbitMQ lost its message has waited since it was first due. So
# the age counts from `next_attempt_at`, searched among the e-mails published longest ago.
_LANES = """
SELECT lane,
  (SELECT count(*) FROM postroom_emailqueue WHERE status = 'pending' AND published_at IS NULL
   AND priority = lane AND next_attempt_at <= now()) AS unpublished,
  (SELECT count(*) FROM postroom_emailqueue WHERE status = 'pending' AND published_at IS NULL
   AND priority = lane AND next_attempt_at > now()) AS later,
  (SELECT count(*) FROM postroom_emailqueue WHERE status = 'pending' AND published_at IS NOT NULL
   AND priority = lane) AS published,
  coalesce(extract(epoch FROM now() - least(
    (SELECT min(next_attempt_at) FROM postroom_emailqueue WHERE status = 'pending'
     AND published_at IS NULL AND priority = lane AND next_attempt_at <= now()),
    (SELECT min(next_attempt_at) FROM (
       SELECT next_attempt_at FROM postroom_emailqueue WHERE status = 'pending'
       AND published_at IS NOT NULL AND priority = lane ORDER BY published_at LIMIT 1000) AS first)
  )), 0)::float8 AS oldest_seconds,
  EXISTS (SELECT 1 FROM postroom_queuecontrol c WHERE c.lane IN ('all', lanes.lane)) AS paused
FROM unnest(%s::text[]) AS lanes(lane)
"""
_IN_HAND = """
SELECT
  (SELECT count(*) FROM postroom_emailqueue WHERE status = 'processing') AS in_flight,
  (SELECT count(*) FROM postroom_emailqueue
     WHERE status = 'processing' AND lease_expires_at < now()) AS dropped,
  (SELECT count(*) FROM postroom_mailer
   WHERE last_seen_at > now() - make_interval(secs => %s)) AS mailers
"""
_ATTENTION = """
SELECT status, count(*) FROM postroom_emailqueue
WHERE status IN ('failed', 'partial', 'unknown') GROUP BY status
"""
# Counted by period and outcome first, so that the outer query handles few rows.
_HISTORY = """
SELECT greatest(0, round(extract(epoch FROM now() - begins)
                         / extract(epoch FROM %(slot)s::interval))::int - 1) AS slot,
  coalesce(sum(n) FILTER (WHERE outcome IN ('accepted', 'partial')), 0)::int AS sent,
  coalesce(sum(n) FILTER (WHERE outcome IN ('failed', 'unknown')), 0)::int AS failed,
  coalesce(sum(n) FILTER (WHERE outcome IN ('retry', 'lease_expired')), 0)::int AS retried
FROM (
  SELECT date_bin(%(slot)s::interval, created_at, now()) AS begins, outcome, count(*) AS n
  FROM postroom_emaillog WHERE created_at > now() - %(slot)s::interval * %(slots)s
  GROUP BY 1, 2) AS counted
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """What waits in one lane; `oldest_seconds`: how long its oldest due e-mail has waited."""

    lane: Priority
    unpublished: int
    later: int
    published: int
    oldest_seconds: float
    paused: bool


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole queue: its lanes, e-mails held by mailers, open decisions, running mailers."""

    lanes: tuple[LaneFigures, ...]
    in_flight: int
    dropped: int
    mailers: int
    attention: Mapping[Status, int]

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest due e-mail has waited; 0 if none waits."""
        return max(lane.oldest_seconds for lane in self.lanes)

    @property
    def oldest_minutes(self) -> int:
        """The same in whole minutes."""
        return round(self.oldest_seconds / 60)

    @property
    def due(self) -> int:
        """Due e-mails that no mailer has claimed yet."""
        return sum(lane.unpublished + lane.published for lane in self.lanes)

    @property
    def unpublished(self) -> int:
        """Due e-mails not yet handed to RabbitMQ: the relay's backlog."""
        return sum(lane.unpublished for lane in self.lanes)

    @property
    def later(self) -> int:
        """E-mails not due yet: scheduled, or between two attempts."""
        return sum(lane.later for lane in self.lanes)

    @property
    def paused(self) -> list[Priority]:
        """Paused lanes."""
        return [lane.lane for lane in self.lanes if lane.paused]


@dataclass(frozen=True, slots=True)
class EndedCounts:
    """Attempts of one period, by outcome."""

    sent: int = 0
    failed: int = 0
    retried: int = 0


def read_flow() -> Flow:
    """The figures now, in three queries."""
    lanes = _rows(_LANES, ([lane.value for lane in Priority],))
    (hand,) = _rows(_IN_HAND, (SILENT_SECONDS,))
    counts = {row["status"]: row["count"] for row in _rows(_ATTENTION)}
    return Flow(
        lanes=tuple(LaneFigures(**row | {"lane": Priority(row["lane"])}) for row in lanes),
        attention={status: counts.get(status.value, 0) for status in ATTENTION},
        **hand,
    )


def is_silent() -> Q:
    """Condition on a mailer, relay or scheduler: it has stopped reporting."""
    return Q(last_seen_at__lte=Now() - timedelta(seconds=SILENT_SECONDS))


def history(slot: timedelta, slots: int) -> list[EndedCounts]:
    """Attempts of the last `slots` periods of length `slot`, oldest first."""
    rows = {int(row.pop("slot")): row for row in _rows(_HISTORY, {"slot": slot, "slots": slots})}
    return [EndedCounts(**rows.get(number, {})) for number in reversed(range(slots))]


def _rows(statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]
