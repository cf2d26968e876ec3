"""RabbitMQ in alarm reads nothing from connections that publish; a mailer's are not among them."""

import pytest

from dev.services import Services
from postroom.shared.status import Status
from tests.acceptance.broker.test_faults import alarm
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG, Rule, Script, ScriptedServer


@pytest.mark.alone
@pytest.mark.fault(26)
def test_what_is_sent_during_an_alarm_is_acknowledged_during_it(
    system: System, services: Services, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    smtp.script = Script(rules=(Rule("dot", HANG, keep=True), *smtp.script.rules))
    system.start_relay()
    system.start_mailer()
    ids = system.queue(16)
    smtp.wait_for("dot", 16)
    with alarm(services, "disk"):
        system.wait(lambda: system.broker.held() == 16)
        smtp.release()
        system.wait_until_settled()
        system.wait_until_queues_are_empty()
    assert system.statuses() == {Status.COMPLETED: 16}
    each_once(system, ids)
