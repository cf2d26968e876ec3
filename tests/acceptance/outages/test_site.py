"""The site while broker or database are away: what people post is taken, or plainly refused."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dev.postgres import Postgres
from dev.services import Services
from postroom.shared.status import Status
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.running_site import running_site
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE

INQUIRY = json.dumps(
    {"name": "Ann Lee", "email": "ann@example.org", "topic": "general", "message": "Well?"}
).encode()
JSON = {"Content-Type": "application/json"}


@pytest.mark.fault(5)
@pytest.mark.alone
def test_form_posted_while_the_broker_is_away_is_taken_and_goes_out_once(
    system: System, services: Services, tmp_path: Path
) -> None:
    with running_site(system, tmp_path / "templates") as running:
        (mailer,) = (program for program in system.programs if program.name.startswith("mailer"))
        mailer.wait_for_log("broker_connected")
        services.rabbitmq.stop()
        mailer.wait_for_log("broker_unavailable")
        running.post("/api/inquiries/", INQUIRY, status=201)
        assert system.statuses() == {Status.PENDING: 2}
        assert system.arrived() == []
        services.rabbitmq.start()
        _assert_both_arrived_once(system)


@pytest.mark.fault(48)
def test_form_posted_while_the_database_is_away_is_refused_and_taken_again_later(
    killable_system: System, private_postgres: Postgres, tmp_path: Path
) -> None:
    system = killable_system
    with running_site(system, tmp_path / "templates") as running:
        private_postgres.stop()
        with closing(HTTPConnection(running.site, timeout=PATIENCE)) as connection:
            connection.request("POST", "/api/inquiries/", INQUIRY, JSON)
            answer = connection.getresponse()
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "try again" in json.load(answer)["detail"]
        private_postgres.start()
        system.wait(lambda: system.query("SELECT 1"))
        running.post("/api/inquiries/", INQUIRY, status=201)
        _assert_both_arrived_once(system)


def _assert_both_arrived_once(system: System) -> None:
    system.wait_until_settled()
    both = [row[0] for row in system.query("SELECT id FROM postroom_emailqueue")]
    assert len(both) == 2
    each_once(system, both)
    assert all(program.running for program in system.programs)
