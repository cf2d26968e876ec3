"""PostgreSQL has no room left: it refuses writes with the error that a full disk gives."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from postroom.shared.status import Status
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.running_site import running_site
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE

_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION full_disk()
"""
_INQUIRIES = "postroom_submissions_inquiry"
JSON = {"Content-Type": "application/json"}
INQUIRY = {"name": "Ann Lee", "email": "ann@example.org", "topic": "general", "message": "Well?"}


@pytest.mark.fault(49)
def test_form_is_refused_with_503_and_nothing_of_it_is_stored(
    system: System, tmp_path: Path
) -> None:
    with running_site(system, tmp_path / "templates") as running:
        body = json.dumps(INQUIRY).encode()
        system.query(_FULL.format(_INQUIRIES))
        with closing(HTTPConnection(running.site, timeout=PATIENCE)) as connection:
            connection.request(
                "POST", "/api/inquiries/", body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert system.query(f"SELECT 1 FROM {_INQUIRIES}") == []
        assert system.query("SELECT 1 FROM postroom_emailqueue") == []
        assert system.query("SELECT 1 FROM postroom_emailrecipient") == []
        system.query(f"DROP TRIGGER full_disk ON {_INQUIRIES}")
        running.post("/api/inquiries/", body, status=201)
        system.wait_until_settled()
        assert system.statuses() == {Status.COMPLETED: 2}


@pytest.mark.fault(49)
def test_results_wait_for_room_and_nothing_is_sent_again(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer()
    ids = system.queue(200)
    freeze(system, smtp, FROZEN_AFTER_DOT)
    system.query(_FULL.format("postroom_emaillog"))
    smtp.release()
    mailer.wait_for_log("record_waits_for_database", times=3)
    system.query("DROP TRIGGER full_disk ON postroom_emaillog")
    system.wait_until_settled()
    each_once(system, ids)
    assert mailer.running
