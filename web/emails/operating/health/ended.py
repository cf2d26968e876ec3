"""Attempts that ended lately: sent, refused by receivers, or failed through a fault of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.db import connection

# What is ours, in words; the keys are those of error_classes.py where it has the same.
OURS: Final[Mapping[str, str]] = {
    "login": "login refused",
    "connect": "no connection",
    "template": "could not be rendered",
    "message": "message refused",
    "given_up": "no attempts or time left",
    "timeout": "no answer, or a mailer lost",
}
# Without the texts of replies: the role that only watches may not read them.
_READ: Final[LiteralString] = """
SELECT CASE
    WHEN outcome IN ('accepted', 'partial') THEN 'sent'
    WHEN outcome = 'retry' THEN 'retried'
    WHEN outcome <> 'failed' THEN outcome
    WHEN smtp_code IN (530, 534, 535) OR phase = 'auth' THEN 'login'
    WHEN phase = 'rcpt' AND smtp_code >= 500 THEN 'refused'
    WHEN phase = 'render' THEN 'template'
    WHEN phase IN ('connect', 'tls') THEN 'connect'
    WHEN smtp_code >= 500 THEN 'message'
    WHEN smtp_code >= 400 THEN 'given_up'
    ELSE 'timeout' END AS kind, count(*), max(created_at)
FROM postroom_emaillog WHERE created_at > now() - %s::interval
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """Attempts of one period. `ours`: how many failed through which fault of ours.

    `refused`: the receiver's server says for good that it does not take mail to that address.
    `lost`: taken back from mailers that did not report back; they are sent again. `last_sent`: when
    the last one was accepted.
    """

    within: timedelta = timedelta(hours=1)
    sent: int = 0
    retried: int = 0
    refused: int = 0
    lost: int = 0
    ours: Mapping[str, int] = field(default_factory=dict)
    last_sent: datetime | None = None

    @property
    def failed(self) -> int:
        """E-mails that failed through a fault of ours."""
        return sum(self.ours.values())

    @property
    def share(self) -> float:
        """Their share of what ended, between 0 and 1; refusals by receivers do not count."""
        return self.failed / max(1, self.failed + self.sent)


def read(within: timedelta) -> Ended:
    """One query, over the time index of the log."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, (within,))  # type: ignore[arg-type]  # it takes a timedelta
        rows = cursor.fetchall()
    counts = {kind: count for kind, count, _ in rows}
    return Ended(
        within=within,
        sent=counts.get("sent", 0),
        retried=counts.get("retried", 0),
        refused=counts.get("refused", 0),
        lost=counts.get("lease_expired", 0),
        ours={kind: counts[kind] for kind in OURS if kind in counts},
        last_sent=max((last for kind, _, last in rows if kind == "sent"), default=None),
    )
