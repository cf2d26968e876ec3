"""kill -9 of every part in the middle of the work: nothing lost, no repeat unexplained.

The deterministic tests let every sender of a mailer hang at a known place, so that the e-mails in
doubt are known one by one. The others kill wherever it hits.
"""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.ours.contender import CONCURRENCY
from benchmarks.ours.contender import PREFETCH as BENCHED_PREFETCH
from dev.postgres import Postgres
from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.freezing_server import (
    FROZEN_AFTER_DATA,
    FROZEN_AFTER_DOT,
    FreezingServer,
    freeze,
)
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System

# A lease long enough that a slow machine does not lose it, and short enough to wait for. What is
# in a mailer's hands is bounded by its prefetch.
PREFETCH = 32
DYING = {"EMAIL_LEASE_SECONDS": 4, "MAILER_PREFETCH": PREFETCH}
# As the benchmarks measure, whose SMTP server takes a mail in one write.
SENDERS = int(CONCURRENCY[0])
BENCHED = {"MAILER_CONCURRENCY": SENDERS, "MAILER_PREFETCH": int(BENCHED_PREFETCH)}
DYING_BOTH = pytest.mark.parametrize(
    "dying", [DYING, DYING | BENCHED], ids=["small", "as benchmarked"]
)
EACH_WAY = pytest.mark.parametrize("on_unknown", list(OnUnknown))
BOTH_WAYS = {"on_unknown": lambda number: "hold" if number % 2 else "resend"}


@pytest.mark.fault(31)
@DYING_BOTH
@EACH_WAY
def test_only_mail_that_was_accepted_unanswered_is_in_doubt_when_a_mailer_dies(
    system: System, smtp: FreezingServer, on_unknown: str, dying: dict[str, Any]
) -> None:
    system.catcher = smtp
    smtp.script = replace(smtp.script, chunking=dying is not DYING)
    system.start_relay()
    mailer = system.start_mailer(**dying)
    ids = system.queue(500, on_unknown=on_unknown)
    senders = dying.get("MAILER_CONCURRENCY", 16)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT, after=150, senders=senders)
    mailer.kill()
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    system.assert_contract(ids)
    one_write = any(command.startswith("BDAT") for command in smtp.commands)
    assert one_write == (dying is not DYING and on_unknown == OnUnknown.RESEND)
    assert system.ids_logged("lease_expired") == in_flight
    if on_unknown == OnUnknown.HOLD:
        assert system.ids_in(Status.UNKNOWN) == in_flight
        assert system.repeated() == set()
    else:
        assert system.statuses() == {Status.COMPLETED: 500}
        assert system.repeated() == system.ids_flagged() == in_flight


@pytest.mark.fault(30)
@EACH_WAY
def test_mail_without_its_final_dot_is_sent_once_after_its_mailer_dies(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer(**DYING)
    ids = system.queue(500, on_unknown=on_unknown)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DATA, after=150)
    mailer.kill()
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    system.assert_contract(ids)
    assert system.statuses() == {Status.COMPLETED: 500}
    assert system.repeated() == set()
    assert system.ids_logged("lease_expired") == in_flight
    # Only `hold` writes before the dot, so only there the log can rule a repeat out.
    assert system.ids_flagged() == (set() if on_unknown == OnUnknown.HOLD else in_flight)


@pytest.mark.fault(30, 31, 43)
@DYING_BOTH
def test_mailer_killed_at_any_moment(system: System, dying: dict[str, Any]) -> None:
    system.start_relay()
    ids = system.queue(500, **BOTH_WAYS)
    for arrived in (60, 160, 260):
        mailer = system.start_mailer(**dying)
        system.wait_for_mail(arrived)
        mailer.kill()
    system.start_mailer()
    system.wait_until_settled()
    system.assert_contract(ids)
    in_doubt = system.ids_logged("lease_expired")
    assert len(in_doubt) <= 3 * dying["MAILER_PREFETCH"]
    assert system.ids_in(Status.UNKNOWN) <= in_doubt
    assert system.repeated() <= system.ids_flagged() <= in_doubt
    assert system.statuses()[Status.COMPLETED] + len(system.ids_in(Status.UNKNOWN)) == 500


@pytest.mark.fault(2)
@EACH_WAY
def test_relay_killed_between_publishing_and_noting_it(system: System, on_unknown: str) -> None:
    system.query(_STAMP_WAITS_FOR_A_LOCK)
    system.query("SELECT pg_advisory_lock(1)")
    ids = system.queue(500, on_unknown=on_unknown)
    relay = system.start_relay()
    system.wait(lambda: system.query(_STAMP_WAITS))
    relay.kill()
    system.query(f"SELECT pg_terminate_backend(pid) FROM ({_STAMP_WAITS}) AS waiting")
    system.query("SELECT pg_advisory_unlock(1)")
    assert system.broker.all_ready() == {"email_notifications": 500}
    unstamped = "SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NULL"
    system.wait(lambda: system.query(unstamped) == [(500,)])
    system.start_relay()
    system.wait(lambda: system.broker.all_ready() == {"email_notifications": 1000})
    system.start_mailer()
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 500}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
    system.wait_until_queues_are_empty()


@pytest.mark.fault(2)
def test_relay_killed_while_mail_flows(system: System) -> None:
    system.start_mailer()
    ids: list[int] = []
    for count in (170, 170, 160):
        relay = system.start_relay()
        ids += system.queue(count, **BOTH_WAYS)
        system.wait_for_mail(len(ids) - 140)
        relay.kill()
    system.start_relay()
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 500}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)


@pytest.mark.fault(46, 47)
@EACH_WAY
def test_postgres_killed_while_answers_are_awaited(
    killable_system: System,
    private_postgres: Postgres,
    smtp: FreezingServer,
    on_unknown: str,
) -> None:
    system = killable_system
    system.catcher = smtp
    relay, mailer = system.start_relay(), system.start_mailer()
    ids = system.queue(500, on_unknown=on_unknown)
    freeze(system, smtp, FROZEN_AFTER_DOT, after=150)
    private_postgres.kill()
    smtp.release()
    mailer.wait_for_log("record_waits_for_database")
    private_postgres.start()
    system.wait_until_settled()
    # The answers were known all the time, so nothing is in doubt.
    assert system.statuses() == {Status.COMPLETED: 500}
    assert set(system.copies().values()) == {1}
    assert system.ids_flagged() == set()
    system.assert_contract(ids)
    assert _still_running(relay, mailer)


@pytest.mark.fault(46)
@DYING_BOTH
def test_postgres_killed_at_any_moment(
    killable_system: System, private_postgres: Postgres, dying: dict[str, Any]
) -> None:
    system = killable_system
    relay, mailer = system.start_relay(), system.start_mailer(**dying)
    ids = system.queue(500, **BOTH_WAYS)
    for arrived in (100, 250):
        system.wait_for_mail(arrived)
        noticed = len(relay.logged("database_unavailable"))
        private_postgres.kill()
        relay.wait_for_log("database_unavailable", times=noticed + 1)
        private_postgres.start()
    system.wait_until_settled()
    system.assert_contract(ids)
    assert system.repeated() <= system.ids_flagged()
    assert len(system.ids_flagged()) <= 2 * dying["MAILER_PREFETCH"]
    assert _still_running(relay, mailer)


def _still_running(*programs: Program) -> bool:
    return all(program.running for program in programs)


# The relay's own statement, held up between the broker's confirm and the note about it.
_STAMP_WAITS_FOR_A_LOCK = """
CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
CREATE CONSTRAINT TRIGGER stamp_waits AFTER UPDATE ON postroom_emailqueue
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW  -- at the commit, which comes after publishing
WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL) EXECUTE FUNCTION wait_for_lock()
"""
_STAMP_WAITS = """
SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""
