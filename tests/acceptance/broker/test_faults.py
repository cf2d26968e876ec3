"""A broker that is frozen, or in alarm for memory or disk: mail waits, and then goes once."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dev.services import Services
from postroom.shared.status import Status
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.running_site import running_site
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE

IMPATIENT = {"RABBITMQ_HEARTBEAT_SECONDS": 1}
# What rabbitmqctl is told to raise the alarm, and to end it.
ALARMS = {
    "memory": ("set_vm_memory_high_watermark", "0.00001", "0.4"),
    "disk": ("set_disk_free_limit", f"{10**15}", "50MB"),
}
INQUIRY = {"name": "Ann Lee", "email": "ann@example.org", "topic": "general", "message": "Well?"}
_PUBLISHED = """
SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NOT NULL AND status = 'pending'
"""


@pytest.mark.fault(6)
@pytest.mark.alone
def test_broker_frozen_for_longer_than_its_heartbeats(
    system: System, services: Services, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    relay = system.start_relay(**IMPATIENT)
    mailer = system.start_mailer(MAILER_PREFETCH=32, **IMPATIENT)
    ids = system.queue(200, on_unknown="hold")
    freeze(system, smtp, FROZEN_AFTER_DOT)
    with frozen(services):
        smtp.release()
        ids += system.queue(20, on_unknown="hold")
        for program in (mailer, relay):
            program.wait_for_log("broker_unavailable")
        assert system.statuses()[Status.PENDING], "nothing was left to do: not the middle"
    system.wait_until_settled()
    # Answers are recorded without the broker, and its messages come again and find no claim.
    assert system.statuses() == {Status.COMPLETED: 220}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
    assert relay.running
    assert mailer.running
    system.wait_until_queues_are_empty()


@contextmanager
def frozen(services: Services) -> Iterator[None]:
    """The broker answers nothing and closes nothing as long as the block runs."""
    services.rabbitmq.pause()
    try:
        yield
    finally:
        services.rabbitmq.resume()


@pytest.mark.fault(7)
@pytest.mark.alone
@pytest.mark.parametrize("resource", ALARMS)
def test_broker_in_alarm_takes_no_mail_while_the_site_does(
    system: System, services: Services, tmp_path: Path, resource: str
) -> None:
    with running_site(system, tmp_path / "templates") as running:
        (relay,) = (program for program in system.programs if program.name.startswith("relay"))
        ids = system.queue(20)
        system.wait_until_settled()
        with alarm(services, resource):
            ids += system.queue(20)
            body = json.dumps(INQUIRY).encode()
            running.post("/api/inquiries/", body, status=201)
            system.wait(lambda: blocked(system))
            relay.wait_for_log("lane_unavailable")
            other = json.dumps(INQUIRY | {"message": "A second one"}).encode()
            running.post("/api/inquiries/", other, status=201)
            assert status_of(running.site, "/healthz") == 200
            assert system.query(_PUBLISHED) == [(0,)]
        system.wait_until_settled()
        assert system.statuses() == {Status.COMPLETED: 44}
        assert set(system.copies().values()) == {1}
        system.assert_contract(ids)
        assert all(program.running for program in system.programs)
        system.wait_until_queues_are_empty()


@contextmanager
def alarm(services: Services, resource: str) -> Iterator[None]:
    """The broker is short of memory or disk as long as the block runs."""
    command, too_much, enough = ALARMS[resource]
    services.rabbitmq.ctl(command, too_much)
    try:
        yield
    finally:
        services.rabbitmq.ctl(command, enough)


def blocked(system: System) -> bool:
    """Whether the broker reads nothing that the relay writes."""
    return "blocked" in {one.get("state") for one in system.broker.connections("relay")}


def status_of(site: str, path: str) -> int:
    """The status a page answers with."""
    with closing(HTTPConnection(site, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status
