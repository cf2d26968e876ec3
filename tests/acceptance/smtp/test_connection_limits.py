"""A server that takes fewer connections than a mailer could use: no outage, no attempt counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from postroom.shared.status import OnUnknown, Priority, Status
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

MAILS = 150
LOGIN = {"EMAIL_HOST_USER": "postroom", "EMAIL_HOST_PASSWORD": "as good as any"}
# As the servers say it: Postfix, Exim and most others; Dovecot; Microsoft 365.
LIMITS = {
    "at the banner": Script(full=say("421 4.7.0 mx.example.org Error: too many connections")),
    "at the login": Script(
        full_at="auth", full=say("421 4.3.2 Maximum number of connections exceeded")
    ),
    "at MAIL": Script(full_at="mail", full=say("432 4.3.2 Concurrent connections limit exceeded")),
}


def limited(kind: str, most: int) -> Script:
    return replace(LIMITS[kind], most=most, auth="PLAIN")


@contextmanager
def server_on(system: System, script: Script) -> Iterator[None]:
    with ScriptedServer(script) as server:
        system.catcher = server
        system.start_relay()
        yield


def queue_beside_high(system: System, done: Callable[[], bool]) -> list[int]:
    """High mail, each as soon as the one before has arrived, until it is `done`; their ids."""
    ids: list[int] = []
    while not done():
        ids += (high := system.queue(1, priority=Priority.HIGH))
        system.wait(lambda: system.statuses(high) == {Status.COMPLETED: 1})
    return ids


def assert_nothing_counted(system: System, ids: list[int], mailers: list[Program]) -> None:
    assert system.statuses() == {Status.COMPLETED: len(ids)}
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    assert set(system.copies().values()) == {1}
    counted = "SELECT count(*) FROM postroom_emaillog WHERE outcome NOT IN (%s, %s)"
    assert system.query(counted, "accepted", "given_back") == [(0,)]
    for mailer in mailers:
        assert mailer.logged("holding") == []
        assert mailer.running


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("most", [1, 3, 10])
def test_one_mailer_goes_on_with_the_connections_it_gets(
    system: System, kind: str, most: int
) -> None:
    with server_on(system, limited(kind, most)):
        mailer = system.start_mailer(**LOGIN)
        ids = system.queue(MAILS, priority=Priority.BULK, on_unknown=OnUnknown.HOLD)
        high = queue_beside_high(
            system, lambda: system.statuses(ids) == {Status.COMPLETED: len(ids)}
        )
        assert high
        assert_nothing_counted(system, ids + high, [mailer])


@pytest.mark.parametrize("most", [1, 3])
def test_connection_that_follows_one_that_left_waits_until_the_server_notices(
    system: System, most: int
) -> None:
    script = replace(limited("at MAIL", most), notices_late=True)
    with server_on(system, script):
        mailer = system.start_mailer(**LOGIN)
        ids = system.queue(most * 110, on_unknown=OnUnknown.HOLD)  # a connection carries 100
        system.wait_until_settled()
        assert_nothing_counted(system, ids, [mailer])


@pytest.mark.parametrize("most", [1, 3, 10])
def test_three_mailers_share_them(system: System, most: int) -> None:
    with server_on(system, limited("at the banner", most)):
        mailers = [system.start_mailer() for _ in range(3)]
        ids = system.queue(MAILS, priority=Priority.BULK, on_unknown=OnUnknown.HOLD)
        high = queue_beside_high(
            system, lambda: system.statuses(ids) == {Status.COMPLETED: len(ids)}
        )
        assert_nothing_counted(system, ids + high, mailers)


def test_mailer_that_stands_by_takes_over_from_one_that_died(system: System) -> None:
    with server_on(system, limited("at the banner", 1)):
        first = system.start_mailer()
        (one,) = system.queue()
        system.wait(lambda: system.statuses([one]) == {Status.COMPLETED: 1})
        second = system.start_mailer()
        second.wait_for_log("standing_by")
        first.kill()
        second.wait_for_log("taking_part_again")
        ids = system.queue(20)
        system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: 20})
        assert second.logged("holding") == []
