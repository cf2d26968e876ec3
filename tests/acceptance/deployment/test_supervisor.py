"""`deploy/supervisor/` under a real supervisord: kill, come again, stop with mail in hand."""

import os
import re
import signal
from configparser import RawConfigParser

from postroom.shared.status import Status
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.mailer_probes import has_ended
from tests.support.acceptance.supervised_system import CONFIGURATION, Supervised, supervised
from tests.support.acceptance.system import System
from tests.support.waits import wait_until

_CLAIMED_BY = (
    "SELECT id FROM postroom_emailqueue WHERE status = 'processing' AND claimed_by LIKE %s"
)
PROGRAMS = {"web", "relay", "jobs", "mailer-1", "mailer-2"}


def test_killed_mailer_comes_again_and_its_mail_goes_out(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    with supervised(system, EMAIL_LEASE_SECONDS=6) as running:
        assert running.programs().keys() == PROGRAMS
        ids = system.queue(400)
        freeze(system, smtp, FROZEN_AFTER_DOT, senders=32)
        victim = running.pid("mailer-1")
        orphans = {row[0] for row in system.query(_CLAIMED_BY, f"%:{victim}")}
        assert len(orphans) == 16
        os.kill(victim, signal.SIGKILL)
        smtp.release()
        system.wait(lambda: running.pid("mailer-1") not in (victim, 0))
        running.wait_for("RUNNING")
        system.wait_until_settled()
        assert system.statuses(ids) == {Status.COMPLETED: 400}
        # The answers for these were lost, so they went out again, and the log says so.
        assert orphans <= system.ids_flagged()
        system.assert_contract(ids)


def test_stop_finishes_what_is_in_hand_and_a_start_goes_on(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    with supervised(system) as running:
        ids = system.queue(400, on_unknown="hold")
        in_flight = freeze(system, smtp, FROZEN_AFTER_DOT, senders=32)
        stop = running.begin("stop", "all")
        wait_until(lambda: times_stopping(running) == 2)
        smtp.release()
        assert "ERROR" not in stop.communicate(timeout=120)[0]
        running.wait_for("STOPPED")
        assert system.ids_in(Status.PROCESSING) == set()
        assert in_flight <= system.ids_in(Status.COMPLETED)
        assert "ERROR" not in running.begin("start", "all").communicate(timeout=120)[0]
        system.wait_until_settled()

        # And all at once, as a host goes down.
        running.wait_for("RUNNING")
        ids += system.queue(400, on_unknown="hold")
        system.wait_for_mail(450)
        family = running.family()
        assert running.daemon.stop(120) == 0
        assert all(map(has_ended, family))
        assert times_stopping(running) == 4
    assert system.ids_in(Status.PROCESSING) == set()
    system.start_relay()
    system.start_mailer()
    system.wait_until_settled()
    assert system.query("SELECT DISTINCT status, attempts FROM postroom_emailqueue") == [
        (Status.COMPLETED, 1)
    ]
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)


def times_stopping(running: Supervised) -> int:
    """How often a mailer has said that it stops."""
    return sum(running.log(f"mailer-{number}").count('"mailer_stopping"') for number in (1, 2))


def test_configuration_asks_for_no_other_names_than_it_explains() -> None:
    text = CONFIGURATION.read_text()
    explained = set(re.findall(r"^;   (POSTROOM_\w+) ", text, re.MULTILINE))
    assert set(re.findall(r"%\(ENV_(\w+)\)s", text)) == explained


def test_every_program_comes_again_and_a_mailer_has_time_to_stop() -> None:
    parser = RawConfigParser()
    parser.read(CONFIGURATION)
    programs = [parser[name] for name in parser.sections() if name.startswith("program:")]
    assert {(p["autorestart"], p["killasgroup"]) for p in programs} == {("true", "true")}
    assert parser.getint("program:mailer", "stopwaitsecs") >= 20 + 30
