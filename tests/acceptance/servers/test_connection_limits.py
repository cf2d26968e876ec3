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
# How a limit of connections shows: refused before the greeting, after the login, or by silence.
LIMITS = {
    ("dovecot", "client"): [(1, 3), (10, 1)],
    ("dovecot", "server"): [(3, 3)],
    ("exim", "client"): [(1, 1), (3, 3)],
    ("exim", "server"): [(20, 3)],
    ("postfix", "client"): [(1, 3), (20, 3)],
    ("postfix", "server"): [(1, 1), (10, 3)],
}
# Every pair with 400 mails, and how long a high mail waits: python -m benchmarks --measure limits.
CASES = [(*how, *size) for how, sizes in LIMITS.items() for size in sizes]


@pytest.mark.parametrize(("kind", "of", "limit", "mailers"), CASES)
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
    assert len(ids) > MAILS


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
