"""A mailer killed before its claim, or after its record: two moments where nothing is in doubt."""

import psycopg
import pytest

from tests.acceptance.outages.test_black_holes import IMPATIENT, broker_port
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.mailer_probes import changed
from tests.support.acceptance.system import System
from tests.support.wire import Wire

_UNPUBLISHED = "SELECT 1 FROM postroom_emailqueue WHERE published_at IS NULL"
_WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
  AND query LIKE '%%WITH suppressed AS%%'
"""


@pytest.mark.fault(29)
def test_mail_of_a_mailer_killed_before_its_claim_is_sent_by_its_first_attempt(
    system: System,
) -> None:
    system.start_relay()
    ids = system.queue(50, on_unknown="hold")
    system.wait(lambda: not system.query(_UNPUBLISHED))
    with psycopg.connect(system.database_url) as somebody:
        somebody.execute("SELECT 1 FROM postroom_emailqueue FOR UPDATE")
        mailer = system.start_mailer()
        system.wait(lambda: system.query(_WAITING))
        mailer.kill()
        # Else the claim, whose client is gone, would take effect after the lock.
        system.query(f"SELECT pg_terminate_backend(pid) FROM ({_WAITING}) AS claims")
        system.wait(lambda: not system.query(_WAITING))
        somebody.rollback()
    system.start_mailer()
    system.wait_until_settled()
    each_once(system, ids)
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    system.wait_until_queues_are_empty()


@pytest.mark.fault(32)
def test_mail_of_a_mailer_killed_before_its_acknowledgement_is_not_sent_again(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    with Wire(broker_port(system)) as wire:
        through = changed(system.broker.url, port=wire.port)
        mailer = system.start_mailer(RABBITMQ_URL=through, MAILER_PREFETCH=32, **IMPATIENT)
        ids = system.queue(200)
        in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)
        wire.cut()  # results are recorded, and acknowledgements vanish
        smtp.release()
        system.wait(lambda: system.ids_logged("accepted") >= in_flight)
        mailer.kill()
    system.start_mailer()
    system.wait_until_settled()
    assert system.repeated() <= system.ids_flagged()
    assert not in_flight & system.repeated()
    system.assert_contract(ids)
    system.wait_until_queues_are_empty()
