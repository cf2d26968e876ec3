"""What docs/backup.md says of an older backup: which e-mails come twice, and what a pause holds."""

import pytest

from postroom.shared.status import Status
from tests.acceptance.operations.test_pause import command
from tests.support.acceptance.system import System

TABLES = ("postroom_emailqueue", "postroom_emailrecipient", "postroom_emaillog")
# A row in a mailer's hands, as its claim leaves it; the mailer will not be heard of again.
_CLAIM = """
UPDATE postroom_emailqueue SET status = 'processing', claim_token = gen_random_uuid(),
  claimed_by = 'gone', attempts = 1, published_at = now(), lease_expires_at = now()
WHERE id = ANY(%s)
"""
_UNPUBLISHED = "SELECT 1 FROM postroom_emailqueue WHERE id = ANY(%s) AND published_at IS NULL"
_HAND_OVER = "UPDATE postroom_emailqueue SET handover_at = now() WHERE id = ANY(%s)"
# As if that mailer had given it back: it is sent before the accident.
_GIVE_BACK = """
UPDATE postroom_emailqueue SET status = 'pending', claim_token = NULL, claimed_by = '',
  attempts = 0, published_at = NULL, lease_expires_at = NULL, handover_at = NULL
WHERE status = 'processing'
"""


def back_up(system: System) -> None:
    system.query("CREATE SCHEMA backup")
    for table in TABLES:
        system.query(f"CREATE TABLE backup.{table} AS TABLE {table}")


def restore(system: System) -> None:
    system.query("TRUNCATE postroom_emailqueue CASCADE")
    for table in TABLES:
        system.query(f"INSERT INTO {table} SELECT * FROM backup.{table}")


@pytest.mark.fault(50)
def test_an_older_backup_repeats_what_was_not_finished_in_it(system: System) -> None:
    system.start_relay()
    mailer = system.start_mailer()
    done = system.queue(2, on_unknown="hold")
    system.wait_until_settled()
    mailer.stop()
    published = system.queue(2, on_unknown="hold")
    system.wait(lambda: not system.query(_UNPUBLISHED, published))
    system.programs[0].stop()
    unpublished = system.queue(2)
    claimed = system.queue(2, on_unknown="hold")
    maybe = system.queue(2, on_unknown="resend")
    handed_over = system.queue(2, on_unknown="hold")
    system.query(_CLAIM, claimed + maybe + handed_over)
    system.query(_HAND_OVER, handed_over)
    back_up(system)

    system.query(_GIVE_BACK)
    gone = system.queue(2)
    relay, mailer = system.start_relay(), system.start_mailer()
    system.wait_until_settled()
    mailer.stop()
    relay.stop()
    assert len(system.arrived()) == 14
    assert set(system.copies().values()) == {1}
    restore(system)

    assert "all mail is paused" in command(system, "pause", "--reason", "restored")
    system.start_relay()
    mailer = system.start_mailer()
    mailer.wait_for_log("paused")
    system.wait(lambda: not system.ids_in(Status.PROCESSING))
    assert system.ids_in(Status.PENDING) == {*published, *unpublished, *claimed, *maybe}
    assert system.ids_in(Status.UNKNOWN) == {*handed_over}
    assert system.ids_in(Status.COMPLETED) == {*done}
    assert len(system.arrived()) == 14

    command(system, "resume")
    system.wait_until_settled()
    assert system.repeated() == {*published, *unpublished, *claimed, *maybe}
    assert max(system.copies().values()) == 2
    assert system.ids_flagged() == {*maybe}
    assert not system.query("SELECT 1 FROM postroom_emailqueue WHERE id = ANY(%s)", gone)
