"""What servers refuse for now: greylists, many recipients, long sessions, a full disk."""

from collections import Counter

import pytest

from postroom.shared.status import Status
from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.mail_servers import (
    begin,
    counted_attempts,
    events,
    wait_until_delivered,
)
from tests.support.acceptance.system import System


def test_greylisted_mail_is_tried_again_and_arrives_once(
    system: System, mail_server: Start
) -> None:
    server = mail_server("postfix", greylist=True)
    begin(system, server)
    ids = system.queue(5)
    system.wait(lambda: len(replies(system, "Greylisted")) == 5)
    assert replies(system, "Greylisted") == set(ids)
    system.wait(lambda: system.statuses() == {Status.PENDING: 5})
    # The minute that a greylist wants has passed.
    system.query("UPDATE postroom_emailqueue SET next_attempt_at = now()")
    wait_until_delivered(system, server, ids)
    each_once(system, ids)


@pytest.mark.parametrize("kind", ["postfix", "exim"])
def test_each_recipient_beyond_the_servers_limit_gets_the_mail_once(
    system: System, mail_server: Start, kind: str
) -> None:
    server = mail_server(kind, recipients=2)
    begin(system, server)
    people = [f"person{number}@example.org" for number in range(5)]
    ids = system.queue(3, recipients=people)
    wait_until_delivered(system, server, ids)
    assert system.statuses() == {Status.COMPLETED: 3}
    system.wait(lambda: len(server.mails()) == 15)
    assert Counter(mail.recipient for mail in server.mails()) == dict.fromkeys(people, 3)
    assert counted_attempts(system) == {1}


def test_server_that_ends_a_session_after_some_mails_gets_all(
    system: System, mail_server: Start
) -> None:
    server = mail_server("exim", mails=5)
    begin(system, server, MAILER_CONCURRENCY=2)
    ids = system.queue(60)
    wait_until_delivered(system, server, ids)
    each_once(system, ids)
    assert counted_attempts(system) == {1}
    assert events(system, "holding") == []


def test_server_that_ends_a_session_after_some_errors_gets_all_the_rest(
    system: System, mail_server: Start
) -> None:
    server = mail_server("postfix", errors=3)
    begin(system, server, MAILER_CONCURRENCY=2)
    good = system.queue(30)
    bad = system.queue(30, recipients=lambda number: [f"unknown{number}@example.org"])
    good += system.queue(30, recipients=lambda number: [f"late{number}@example.org"])
    system.wait_until_settled()
    system.wait(lambda: not server.queued())
    assert system.statuses(good) == {Status.COMPLETED: 60}
    assert system.statuses(bad) == {Status.FAILED: 30}
    assert counted_attempts(system) == {1}
    assert set(system.copies().values()) == {1}


@pytest.mark.parametrize("kind", ["postfix", "exim"])
def test_full_disk_of_the_server_uses_up_no_attempt(
    system: System, mail_server: Start, kind: str
) -> None:
    server = mail_server(kind, disk=1024)
    server.fill_disk()
    begin(system, server)
    ids = system.queue(5)
    system.wait(lambda: replies(system, "pace") or replies(system, "storage"))
    server.free_disk()
    wait_until_delivered(system, server, ids)
    each_once(system, ids)
    assert counted_attempts(system) == {1}


def replies(system: System, word: str) -> set[int]:
    """The e-mails to which the server said this."""
    found = system.query(
        "SELECT DISTINCT email_id FROM postroom_emaillog WHERE smtp_reply LIKE %s", f"%{word}%"
    )
    return {row[0] for row in found}
