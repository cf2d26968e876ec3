"""The database's clock jumps ahead: every lease has ended, and the claim token still decides."""

import pytest

from postroom.shared.status import OnUnknown, Status
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.system import System

# For the rows it is the same whether the clock moved or they did.
_TWO_DAYS_LATER = """
UPDATE postroom_emailqueue SET lease_expires_at = now() - interval '2 days'
WHERE status = 'processing' AND id = ANY(%s)
"""


@pytest.mark.fault(74)
@pytest.mark.parametrize("on_unknown", list(OnUnknown))
def test_leases_that_all_end_at_once_lose_nothing_and_every_repeat_is_logged(
    system: System, smtp: FreezingServer, on_unknown: str
) -> None:
    system.catcher = smtp
    system.start_relay()
    mailer = system.start_mailer()
    ids = system.queue(200, on_unknown=on_unknown)
    in_flight = freeze(system, smtp, FROZEN_AFTER_DOT)

    def taken_back() -> bool:
        system.query(_TWO_DAYS_LATER, list(in_flight))  # again: the mailer renews them
        return system.ids_logged("lease_expired") == in_flight

    system.wait(taken_back)
    smtp.release()
    mailer.wait_for_log("claim_was_lost", times=len(in_flight))
    system.wait_until_settled()
    assert system.ids_logged("fenced") == in_flight
    if on_unknown == OnUnknown.HOLD:
        assert system.ids_in(Status.UNKNOWN) == in_flight
        assert set(system.copies().values()) == {1}
    else:
        assert system.repeated() <= system.ids_flagged() == in_flight
    system.assert_contract(ids)
