"""More messages, relays and mailers than needed do no harm: the claim decides who sends."""

import pytest

from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.freezing_server import (
    FROZEN_AFTER_DATA,
    FROZEN_AFTER_DOT,
    FreezingServer,
    freeze,
)
from tests.support.acceptance.system import System


@pytest.mark.fault(2, 52)
def test_four_messages_each_and_two_of_everything_send_each_mail_once(system: System) -> None:
    ids = system.queue(2000, on_unknown=lambda n: "hold" if n % 2 else "resend")
    system.broker.declare()
    system.broker.publish(ids, times=3)
    relays = [system.start_relay() for _ in range(2)]
    mailers = [system.start_mailer() for _ in range(2)]
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 2000}
    assert set(system.copies().values()) == {1}
    system.wait_until_queues_are_empty()
    assert [program.stop() for program in (*mailers, *relays)] == [0, 0, 0, 0]
    assert len(system.arrived()) == 2000
    system.assert_contract(ids)
    assert all(mailer.logged("attempt_ended") for mailer in mailers), "one mailer did it all"


@pytest.mark.fault(33, 80)
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_mailer_frozen_before_the_final_dot_sends_nothing_when_it_wakes(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    sleeper = system.start_mailer(EMAIL_LEASE_SECONDS=4)
    ids = system.queue(200, on_unknown=on_unknown)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DATA)
    sleeper.pause()
    smtp.release()  # the 354 waits in the sleeper's sockets
    system.start_mailer()
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 200}
    assert set(system.copies().values()) == {1}
    sleeper.resume()
    sleeper.wait_for_log("claim_lost_before_final_dot", times=len(in_flight))
    sleeper.wait_for_log("claim_was_lost", times=len(in_flight))
    assert sleeper.stop() == 0
    assert set(system.copies().values()) == {1}
    assert system.ids_logged("fenced") == in_flight
    system.assert_contract(ids)


@pytest.mark.fault(33, 80)
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_late_answer_to_a_frozen_mailer_does_not_move_the_row(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    sleeper = system.start_mailer(EMAIL_LEASE_SECONDS=4)
    ids = system.queue(200, on_unknown=on_unknown)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)
    sleeper.pause()
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    before = system.statuses()
    sleeper.resume()
    sleeper.wait_for_log("claim_was_lost", times=len(in_flight))
    assert sleeper.stop() == 0
    assert system.statuses() == before
    assert system.ids_logged("fenced") == in_flight
    if on_unknown == OnUnknown.HOLD:
        assert system.ids_in(Status.UNKNOWN) == in_flight
        assert set(system.copies().values()) == {1}
    else:
        assert before == {Status.COMPLETED: 200}
        assert system.repeated() == system.ids_flagged() == in_flight
    system.assert_contract(ids)
