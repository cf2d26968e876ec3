"""kill -9 of the broker in the middle of the work: each e-mail arrives once, nothing restarts."""

import pytest

from dev.services import Services
from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.delivery_contract import each_once
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.system import System


@pytest.mark.fault(17, 38)
@pytest.mark.alone
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_broker_killed_while_answers_are_awaited(
    system: System, services: Services, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    relay, mailer = system.start_relay(), system.start_mailer()
    ids = system.queue(500, on_unknown=on_unknown)
    freeze(system, smtp, FROZEN_AFTER_DOT, after=150)
    _write_names(services)
    services.rabbitmq.kill()
    mailer.wait_for_log("broker_unavailable")
    smtp.release()
    services.rabbitmq.start()
    system.wait_until_settled()
    # Answers are recorded without the broker, and its messages come again and find no claim.
    each_once(system, ids)
    assert relay.running
    assert mailer.running
    system.wait_until_queues_are_empty()


@pytest.mark.fault(17)
@pytest.mark.alone
def test_broker_killed_at_any_moment(system: System, services: Services) -> None:
    relay, mailer = system.start_relay(), system.start_mailer(MAILER_PREFETCH=32)
    mailer.wait_for_log("broker_connected")
    _write_names(services)
    ids = system.queue(500, on_unknown=lambda number: "hold" if number % 2 else "resend")
    for _ in range(2):
        system.wait_for_mail(len(system.arrived()) + 50)
        noticed = len(mailer.logged("broker_unavailable"))
        services.rabbitmq.kill()
        mailer.wait_for_log("broker_unavailable", times=noticed + 1)
        assert system.statuses()[Status.PENDING], "nothing was left to do: not the middle"
        services.rabbitmq.start()
    system.wait_until_settled()
    each_once(system, ids)
    assert relay.running
    assert mailer.running
    system.wait_until_queues_are_empty()


def _write_names(services: Services) -> None:
    """The names of the broker's queues are on its disk, as they always are after a second.

    Killed before, RabbitMQ 3.10 restarts the queue declared last as an unregistered member that
    never elects itself leader, and no consumer can begin (rabbitmq-server issue 15725).
    """
    services.rabbitmq.ctl("eval", "dets:sync(ra_directory_reverse), dets:sync(ra_log_meta).")
