"""A row that nobody can have now, or that PostgreSQL cannot read, holds up no other e-mail."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from postroom.shared.status import Status
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG, Rule, Script, ScriptedServer, say

CLUB = "club@example.org"
UNREADABLE = """
CREATE FUNCTION unreadable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'invalid page in block 7' USING ERRCODE = 'data_corrupted'; END $$;
CREATE TRIGGER unreadable BEFORE UPDATE ON postroom_emailqueue
FOR EACH ROW WHEN (OLD.id = {}) EXECUTE FUNCTION unreadable()"""


E_MAIL = "SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE"
RECIPIENT = "SELECT 1 FROM postroom_emailrecipient WHERE email_id = %s FOR UPDATE"
SUPPRESSION = "INSERT INTO postroom_suppression (address, list_id, reason) VALUES (%s, '', 'x')"


@contextmanager
def locked(system: System, what: int | str, statement: str = E_MAIL) -> Iterator[None]:
    """As by somebody who began a change in psql and went to lunch."""
    with psycopg.connect(system.database_url) as somebody:
        somebody.execute(statement, (what,))
        yield
        somebody.rollback()


def published(system: System, count: int) -> list[int]:
    """Queued and with RabbitMQ, so that no lock keeps a relay from publishing them."""
    ids = system.queue(count)
    # Others may be due again: no mailer has taken their message for two seconds.
    waiting = "SELECT 1 FROM postroom_emailqueue WHERE published_at IS NULL AND id = ANY(%s)"
    system.wait(lambda: not system.query(waiting, ids))
    return ids


def wait_until_sent(system: System, ids: list[int]) -> None:
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: len(ids)})


@pytest.mark.fault(51)
def test_locked_row_holds_up_no_claim_and_is_sent_when_it_is_free(system: System) -> None:
    system.start_relay()
    first, *others = ids = published(system, 150)
    with locked(system, first):
        system.start_mailer()
        wait_until_sent(system, others)
        later = published(system, 50)
        wait_until_sent(system, later)
        assert system.statuses([first]) == {Status.PENDING: 1}
    system.wait_until_settled()
    system.wait_until_queues_are_empty()
    assert not system.ids_flagged()
    system.assert_contract([*ids, *later])


def held_at_the_dot(system: System, smtp: ScriptedServer, **environment: object) -> Program:
    """A mailer that will have mail of the club in hand until the server is released."""
    system.catcher = smtp
    hang = Rule("dot", HANG, sender=CLUB)
    smtp.script = Script(rules=(hang, *smtp.script.rules))
    system.start_relay()
    return system.start_mailer(**environment)


@pytest.mark.fault(51)
@pytest.mark.parametrize("statement", [E_MAIL, RECIPIENT], ids=["e-mail", "recipient"])
def test_locked_row_holds_up_no_record_and_is_recorded_when_it_is_free(
    system: System, smtp: ScriptedServer, statement: str
) -> None:
    held_at_the_dot(system, smtp)
    ids = system.queue(10, from_email=CLUB)
    smtp.wait_for("dot", 10)
    with locked(system, ids[4], statement):
        smtp.release()
        wait_until_sent(system, ids[:4] + ids[5:])
        later = system.queue(50)
        wait_until_sent(system, later)
        assert system.statuses([ids[4]]) == {Status.PROCESSING: 1}
    system.wait_until_settled()
    system.wait_until_queues_are_empty()
    assert system.ids_logged("accepted") == {*ids, *later}
    assert not system.ids_flagged()
    system.assert_contract([*ids, *later])


@pytest.mark.fault(51)
def test_lease_is_renewed_while_a_recipient_is_locked(system: System) -> None:
    system.start_relay(EMAIL_LEASE_SECONDS=3)
    mailer = system.start_mailer(EMAIL_LEASE_SECONDS=3)
    mailer.wait_for_log("mailer_started")
    (email_id,) = ids = system.queue(1)
    lease = (
        "SELECT lease_expires_at FROM postroom_emailqueue WHERE id = %s AND claim_token IS NOT NULL"
    )
    with locked(system, email_id, RECIPIENT):
        mailer.wait_for_log("records_go_round_locked_rows")
        seen = set()

        def renewed() -> bool:
            seen.update(system.query(lease, email_id))
            return len(seen) == 12

        # Twelve renewals are several leases.
        system.wait(renewed)
    system.wait_until_settled()
    assert system.ids_logged("accepted") == {email_id}
    assert not system.ids_flagged()
    system.assert_contract(ids)


def test_result_that_waits_for_a_lock_no_look_shows_is_sent_once(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    gone = Rule("rcpt", say("550 5.1.1 no such user"), recipient="gone@example.org")
    smtp.script = Script(rules=(gone, *smtp.script.rules))
    system.start_relay()
    mailer = system.start_mailer()
    with locked(system, "gone@example.org", SUPPRESSION):
        (bounced,) = system.queue(1, recipients=["gone@example.org"])
        mailer.wait_for_log("records_go_round_locked_rows")
        for _ in range(3):
            wait_until_sent(system, system.queue(20))
        assert system.statuses([bounced]) == {Status.PROCESSING: 1}
    system.wait_until_settled()
    assert system.ids_logged("failed") == {bounced}
    assert not system.ids_flagged()


def test_mailer_that_ends_while_a_row_is_locked_leaves_it_to_its_lease(
    system: System, smtp: ScriptedServer
) -> None:
    mailer = held_at_the_dot(system, smtp, EMAIL_LEASE_SECONDS=3, MAILER_DRAIN_SECONDS=1)
    ids = system.queue(10, from_email=CLUB, on_unknown="hold")
    smtp.wait_for("dot", 10)
    with locked(system, ids[4]):
        smtp.release()
        wait_until_sent(system, ids[:4] + ids[5:])
        assert mailer.stop() == 0
        mailer.wait_for_log("results_not_recorded")
    system.wait_until_settled()
    assert system.ids_in(Status.UNKNOWN) == {ids[4]}
    system.assert_contract(ids)


@pytest.mark.fault(51)
@pytest.mark.parametrize("on_unknown", ["resend", "hold"])
def test_locked_row_holds_up_no_hand_over(
    system: System, smtp: ScriptedServer, on_unknown: str
) -> None:
    system.catcher = smtp
    smtp.script = Script(rules=(Rule("data", HANG, sender=CLUB), *smtp.script.rules))
    system.start_relay()
    system.start_mailer()
    ids = system.queue(10, from_email=CLUB, on_unknown=on_unknown)
    smtp.wait_for("data", 10)
    with locked(system, ids[4]):
        smtp.release()
        wait_until_sent(system, ids[:4] + ids[5:])
    system.wait_until_settled()
    assert not system.ids_flagged()
    system.assert_contract(ids)


def test_row_that_cannot_be_read_holds_up_no_claim(system: System) -> None:
    system.start_relay()
    ids = published(system, 150)
    system.query(UNREADABLE.format(ids[70]))
    mailer = system.start_mailer()
    others = ids[:70] + ids[71:]
    wait_until_sent(system, others)
    mailer.wait_for_log("claim_failed")
    later = published(system, 50)
    wait_until_sent(system, later)
    assert system.statuses([ids[70]]) == {Status.PENDING: 1}
    system.query("DROP TRIGGER unreadable ON postroom_emailqueue")
    mailer.stop()
    system.start_mailer()
    system.wait_until_settled()
    system.assert_contract([*ids, *later])
