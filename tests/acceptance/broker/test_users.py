"""deploy/rabbitmq/definitions.json: mail flows with a user for each part of the way."""

import pytest

from postroom.shared.broker import topology
from postroom.shared.status import Status
from tests.support.acceptance.broker_users import as_user
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

VERIFY = {"RABBITMQ_TOPOLOGY": "verify"}


@pytest.mark.usefixtures("users")
def test_mail_flows_with_a_user_for_each_part(system: System, smtp: ScriptedServer) -> None:
    smtp.script = Script().when("rcpt", say("550 5.1.1 unknown"), recipient="gone@example.org")
    system.catcher = smtp
    publisher, consumer = (as_user(system.broker, user) for user in ("publisher", "consumer"))
    relay = system.start_relay(**publisher, **VERIFY)
    mailer = system.start_mailer(**consumer, **VERIFY)
    ids = [*system.queue(20), *system.queue(5, priority="high"), *system.queue(5, priority="bulk")]
    for program in (relay, mailer):
        program.wait_for_log("broker_unavailable")
        assert "topology apply" in program.logged("broker_unavailable")[0]["error"]
    code, text = run(system, "topology", "apply", **as_user(system.broker, "topology"))
    assert code == 0, text
    (gone,) = system.queue(1, recipients=["gone@example.org"])
    system.wait_until_settled()
    assert system.statuses(ids) == {Status.COMPLETED: 30}
    system.assert_contract([*ids, gone])
    # Rejected by one who may only read: RabbitMQ itself moves it.
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == 1)
    assert "queues exist" in run(system, "check", **consumer, **VERIFY)[1]


@pytest.mark.fault(12)
@pytest.mark.usefixtures("users")
@pytest.mark.parametrize("user", ["publisher", "consumer"])
def test_user_who_may_not_declare_is_told_what_to_set(system: System, user: str) -> None:
    system.broker.declare()
    environment = as_user(system.broker, user)
    start = system.start_relay if user == "publisher" else system.start_mailer
    system.queue()
    program = start(**environment)
    program.wait_for_log("broker_unavailable")
    assert "RABBITMQ_TOPOLOGY=verify" in program.logged("broker_unavailable")[0]["error"]


@pytest.mark.fault(12)
@pytest.mark.usefixtures("users")
def test_relay_with_the_consumers_user_is_told_of_the_exchange(system: System) -> None:
    system.broker.declare()
    ids = system.queue()
    relay = system.start_relay(**as_user(system.broker, "consumer"), **VERIFY)
    relay.wait_for_log("broker_unavailable")
    assert "may not write to email_notifications" in relay.logged("broker_unavailable")[0]["error"]
    assert system.statuses(ids) == {Status.PENDING: 1}
