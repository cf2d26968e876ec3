"""What waits, by lane and type, and until when nothing of it is given up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.db import connection

from postroom.shared.status import Priority

SAMPLE: Final = 1000  # of each lane and place; more are counted, but not by type
# An e-mail waits if it is due, if it is tried again within minutes, or if a mailer has it in hand.
# See what-speed-costs: no query of this reads more than a few thousand rows.
_READ: Final[LiteralString] = """
SELECT lane, email_type, count(*), min(ready), min(queued_at), min(expires_at)
FROM unnest(%(lanes)s::text[]) AS lanes(lane), LATERAL (
  (SELECT email_type, queued_at, expires_at, greatest(queued_at, scheduled_at) AS ready
   FROM postroom_emailqueue
   WHERE status = 'pending' AND published_at IS NULL AND priority = lane
     AND next_attempt_at <= now()
   ORDER BY next_attempt_at LIMIT %(sample)s)
  UNION ALL
  (SELECT email_type, queued_at, expires_at, greatest(queued_at, scheduled_at)
   FROM postroom_emailqueue
   WHERE status = 'pending' AND published_at IS NOT NULL AND priority = lane
   ORDER BY published_at LIMIT %(sample)s)
  UNION ALL
  (SELECT email_type, queued_at, expires_at, ready FROM (
     SELECT email_type, queued_at, expires_at, next_attempt_at,
       greatest(queued_at, scheduled_at) AS ready
     FROM postroom_emailqueue
     WHERE status = 'pending' AND published_at IS NULL AND priority = lane
       AND next_attempt_at > now() AND next_attempt_at < now() + interval '10 minutes'
     ORDER BY next_attempt_at LIMIT %(sample)s) AS soon
   WHERE ready < now())
  UNION ALL
  (SELECT email_type, queued_at, expires_at, greatest(queued_at, scheduled_at)
   FROM (SELECT email_type, queued_at, scheduled_at, expires_at, priority
         FROM postroom_emailqueue WHERE status = 'processing'
         ORDER BY lease_expires_at LIMIT %(sample)s) AS in_hand
   WHERE priority = lane)
) AS waiting
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """E-mails that wait, as far as they were looked at.

    Attributes:
        types: how many of each type, by lane; lanes without any are left out.
        ready: since when the oldest one could have gone out.
        given_up_from: when the first of them is given up, by its `expires_at` or its age.
    """

    types: Mapping[Priority, Mapping[str, int]] = field(default_factory=dict)
    ready: datetime | None = None
    given_up_from: datetime | None = None

    def in_lane(self, lane: Priority) -> int:
        """How many of a lane were looked at."""
        return sum(self.types.get(lane, {}).values())

    @property
    def total(self) -> int:
        """How many were looked at."""
        return sum(map(self.in_lane, self.types))


def read(max_age: timedelta) -> Waiting:
    """One query. `max_age`: EMAIL_MAX_AGE_SECONDS."""
    types: dict[Priority, Counter[str]] = {}
    ready: list[datetime] = []
    ends: list[datetime] = []
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"lanes": [lane.value for lane in Priority], "sample": SAMPLE})
        for lane, email_type, count, oldest, queued_at, expires_at in cursor:
            types.setdefault(Priority(lane), Counter())[email_type] += count
            ready.append(oldest)
            ends += [queued_at + max_age, *([expires_at] if expires_at else [])]
    return Waiting(types, min(ready, default=None), min(ends, default=None))
