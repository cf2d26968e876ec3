"""A server that takes fewer connections than a mailer has sessions is not in trouble."""

import itertools
from collections.abc import Iterator
from time import monotonic

import pytest

from postroom.shared.status import Status
from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.mail_servers import (
    begin,
    counted_attempts,
    events,
    outcomes,
    wait_until_delivered,
)
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE

MAILS = 120
# From the call of a high mail to its acceptance, whatever waits beside it, on a machine that has
# much else to do. On an idle one it is less than 3 s: python -m benchmarks --measure limits.
HIGH_SECONDS = 20
# How a limit of connections shows: refused before the greeting, after the login, or by silence.
LIMITS = [
    ("dovecot", "client"),
    ("dovecot", "server"),
    ("exim", "client"),
    ("exim", "server"),
    ("postfix", "client"),
    ("postfix", "server"),
]
# All of them with 400 mails are a benchmark: python -m benchmarks --measure limits.
SIZES = [(1, 1), (1, 3), (3, 3), (10, 1), (20, 3)]
_HIGH = """
SELECT q.id, extract(epoch FROM min(l.created_at) - q.created_at)
FROM postroom_emailqueue q JOIN postroom_emaillog l ON l.email_id = q.id AND l.outcome = 'accepted'
WHERE q.priority = 'high' GROUP BY q.id
"""


@pytest.mark.parametrize(("limit", "mailers"), SIZES)
@pytest.mark.parametrize(("kind", "of"), LIMITS)
def test_all_mail_passes_a_limit_of_connections_without_a_pause(
    system: System, mail_server: Start, kind: str, of: str, limit: int, mailers: int
) -> None:
    server = mail_server(kind, limit=limit, limit_of=of)
    begin(system, server, mailers=mailers)
    ids = system.queue(MAILS)
    ids += [email for queued in high_each_second(system) for email in queued]
    wait_until_delivered(system, server, ids)
    each_once(system, ids)
    assert outcomes(system) - {("given_back", 1)} == {("accepted", 1)}
    assert counted_attempts(system) == {1}
    assert events(system, "holding") == []
    waits = dict(system.query(_HIGH))
    assert len(waits) == len(ids) - MAILS > 0
    assert max(waits.values()) < HIGH_SECONDS


def high_each_second(system: System) -> Iterator[list[int]]:
    """Queue an urgent mail every second until all others are at rest."""
    begun, at_rest = monotonic(), False
    for number in itertools.count(1):
        yield system.queue(1, priority="high", subject=f"Urgent {number}")

        def next_one_is_due() -> bool:
            nonlocal at_rest
            counts = system.statuses()
            at_rest = not counts[Status.PENDING] + counts[Status.PROCESSING]
            return at_rest or monotonic() > begun + number  # noqa: B023  called before it changes

        system.wait(next_one_is_due)
        if at_rest or monotonic() > begun + PATIENCE:
            return
