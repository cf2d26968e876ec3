"""The processes that report to the database: mailers, relays, schedulers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.db import connection

from postroom.shared.waits_for import WaitsFor
from postroom.web.emails.operating.queue_figures import SILENT_SECONDS

# One that waits for a server that does not answer reports less often.
_SILENT_WAITING_SECONDS: Final = 60.0
# A silent process that others replace is forgotten by the rules after this; its row stays a day.
REPLACED_AFTER: Final = timedelta(hours=1)
_MOST: Final = 500

_READ: Final[LiteralString] = """
(SELECT 'mailer' AS kind, name, state, waiting_for, reason, since, last_seen_at, server, account,
   mail_limit, in_flight, extract(epoch FROM now() - last_seen_at)::float8
 FROM postroom_mailer ORDER BY last_seen_at DESC LIMIT %(most)s)
UNION ALL
(SELECT kind, name, state, waiting_for, reason, since, last_seen_at, '', '', '', 0,
   extract(epoch FROM now() - last_seen_at)::float8
 FROM postroom_heartbeat ORDER BY last_seen_at DESC LIMIT %(most)s)
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Process:
    """One mailer, relay or scheduler, as its last heartbeat says."""

    kind: str
    name: str
    state: str
    waiting_for: str
    reason: str
    since: datetime
    last_seen_at: datetime
    server: str
    account: str
    mail_limit: str
    in_flight: int
    age: float  # seconds since its last heartbeat

    @property
    def silent(self) -> bool:
        """Whether it has stopped reporting."""
        return self.age > (_SILENT_WAITING_SECONDS if self.waiting_for else SILENT_SECONDS)

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why it waits, by what it waits for: values of WaitsFor."""
        words = [word for word in self.waiting_for.split(",") if word]
        return dict(zip(words, self.reason.splitlines(), strict=False))

    def waits_for(self, what: WaitsFor) -> bool:
        """Whether it reports, and waits for this."""
        return not self.silent and what.value in self.waiting_for.split(",")

    def since_of(self, what: WaitsFor) -> datetime | None:
        """Since when it waits for this; known of what it waits for most."""
        return self.since if self.waiting_for.split(",")[0] == what.value else None


def read() -> tuple[Process, ...]:
    """All of them, one query; by kind and name."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"most": _MOST})
        return tuple(Process(*row) for row in cursor)


def since_of(processes: Sequence[Process], what: WaitsFor) -> datetime | None:
    """Since when the first of these waits for it; None if that is not known."""
    return min((since for one in processes if (since := one.since_of(what))), default=None)
