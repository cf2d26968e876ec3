"""Two installations on one virtual host: no id is taken for another, and both say it aloud."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.mailbox import Mailbox
from dev.services import Services
from postroom.shared.broker import topology
from postroom.shared.status import Status
from tests.acceptance.conftest import _database, _django_on
from tests.support.acceptance.broker import Broker
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System

MAIL = 40


@pytest.fixture
def other(
    system: System, broker: Broker, services: Services, template: str, tmp_path: Path
) -> Iterator[System]:
    """Another database with the same ids, on the broker of `system`."""
    folder = tmp_path / "other"
    folder.mkdir()
    with _database(services.database_url, template) as url, Mailbox() as mailbox:
        other = System(database_url=url, broker=broker, catcher=mailbox, folder=folder)
        yield other
        other.close()


def test_each_sends_its_own_mail_soon_and_both_say_what_is_wrong(
    system: System, other: System
) -> None:
    """Its fixture has left Django on the database of `other`."""
    mails = {}
    for one in (system, other):
        with _django_on(one.database_url):
            mails[one] = one.queue(MAIL)
    assert mails[system] == mails[other], "the same ids"
    relays = [one.start_relay() for one in (system, other)]
    mailers = [one.start_mailer(MAILER_PREFETCH=20) for one in (system, other)]
    for one in (system, other):
        one.wait_until_settled()
        assert one.statuses() == {Status.COMPLETED: MAIL}
        assert set(one.copies().values()) == {1}
        assert len(one.arrived()) == MAIL
        one.assert_contract(mails[one])
    for mailer in mailers:  # by the other's messages, or, if it got none of them, by its mark

        def noticed_by(mailer: Program = mailer) -> bool:
            events = ("messages_of_another_installation", "virtual_host_is_shared")
            return any(mailer.logged(event) for event in events)

        system.wait(noticed_by)
    said = [line for relay in relays for line in relay.logged("virtual_host_is_shared")]
    assert said
    assert all("virtual host of its own" in line["error"] for line in said)
    assert system.broker.ready(topology.DEAD_QUEUE) == 0
    for one in (system, other):

        def noticed(one: System = one) -> bool:
            code, text = run(one, "check")
            return code == 1 and "RabbitMQ: another installation" in text

        one.wait(noticed)
