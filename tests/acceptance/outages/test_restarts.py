"""Orderly stops under load: exit code 0, nothing twice, nothing left behind, no attempt counted."""

import pytest

from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.freezing_server import (
    FROZEN_AFTER_DATA,
    FROZEN_AFTER_DOT,
    FreezingServer,
    freeze,
)
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG, Script

_ATTEMPTS = "SELECT DISTINCT attempts FROM postroom_emailqueue WHERE status = %s"


@pytest.mark.fault(34)
def test_sigterm_finishes_what_is_being_sent_and_gives_the_rest_back(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer()
    ids = system.queue(500, on_unknown="hold")
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT, after=150)
    mailer.terminate()
    mailer.wait_for_log("mailer_stopping")
    smtp.release()
    assert mailer.wait() == 0
    assert system.ids_in(Status.PROCESSING) == set()
    assert in_flight <= system.ids_in(Status.COMPLETED)
    assert system.query(_ATTEMPTS, Status.PENDING) == [(0,)]
    # Not acknowledged, so the broker has every message of the rest again.
    pending = len(system.ids_in(Status.PENDING))
    system.wait(lambda: system.broker.all_ready() == {"email_notifications": pending})
    assert system.start_mailer().running
    system.wait_until_settled()
    _assert_each_sent_by_its_first_attempt(system, ids)


@pytest.mark.fault(34)
def test_five_restarts_under_load(system: System) -> None:
    ids: list[int] = []
    relay = system.start_relay()
    for turn in range(5):
        mailer = system.start_mailer()
        ids += system.queue(100)
        system.wait_for_mail(len(ids) - 50)
        if turn == 2:
            assert relay.stop() == 0
            relay = system.start_relay()
        assert mailer.stop() == 0
        assert system.ids_in(Status.PROCESSING) == set()
        assert system.query("SELECT count(*) FROM postroom_mailer") == [(0,)]
    system.start_mailer()
    system.wait_until_settled()
    _assert_each_sent_by_its_first_attempt(system, ids)


@pytest.mark.fault(34)
def test_what_cannot_be_finished_in_time_is_given_back_uncounted(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer(MAILER_DRAIN_SECONDS=0.5)
    ids = system.queue(200)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DATA)
    assert mailer.stop() == 0
    assert mailer.logged("drain_time_over")
    assert system.ids_in(Status.PROCESSING) == set()
    assert in_flight <= system.ids_in(Status.PENDING)
    assert system.query(_ATTEMPTS, Status.PENDING) == [(0,)]
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    _assert_each_sent_by_its_first_attempt(system, ids)


@pytest.mark.fault(34)
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_what_waits_for_its_last_answer_too_long_is_unknown(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer(MAILER_DRAIN_SECONDS=0.5)
    ids = system.queue(200, on_unknown=on_unknown)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)
    assert mailer.stop() == 0
    assert system.ids_in(Status.PROCESSING) == set()
    assert system.ids_logged("unknown") == in_flight
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    if on_unknown == OnUnknown.HOLD:
        assert system.ids_in(Status.UNKNOWN) == in_flight
    else:
        assert system.repeated() == system.ids_flagged() == in_flight
    system.assert_contract(ids)


def test_stop_does_not_wait_for_a_silent_server_to_greet(
    system: System, smtp: FreezingServer
) -> None:
    system.catcher = smtp
    smtp.script = Script().when("connect", HANG)
    mailer = system.start_mailer(EMAIL_TIMEOUT=600)
    smtp.wait_for("connect", 1)
    assert mailer.stop() == 0


@pytest.mark.fault(35)
def test_second_sigterm_ends_the_mailer_at_once(system: System, smtp: FreezingServer) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer(EMAIL_LEASE_SECONDS=4, MAILER_DRAIN_SECONDS=600)
    ids = system.queue(200, on_unknown="hold")
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)
    mailer.terminate()
    mailer.wait_for_log("mailer_stopping")
    mailer.terminate()
    assert mailer.wait(10) == 128 + 15
    smtp.release()
    system.start_mailer()
    system.wait_until_settled()
    assert system.ids_in(Status.UNKNOWN) == in_flight
    system.assert_contract(ids)


def _assert_each_sent_by_its_first_attempt(system: System, ids: list[int]) -> None:
    assert system.query("SELECT DISTINCT status, attempts FROM postroom_emailqueue") == [
        (Status.COMPLETED, 1)
    ]
    assert set(system.copies().values()) == {1}
    assert system.ids_flagged() == set()
    system.assert_contract(ids)
