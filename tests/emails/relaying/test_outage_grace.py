"""How long a relay waits for mailers after the database was away, before it takes mail back."""

import pytest

from postroom.shared.status import Status
from postroom.web.emails.relaying import relay
from tests.support.claims import lease_runs_out
from tests.support.queued_emails import make_email, status_of

pytestmark = pytest.mark.django_db


class Clock:
    """The relay's, and nothing else's."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.mark.fault(46)
def test_grace_is_counted_from_the_first_answer_of_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(relay, "time", clock)
    one = relay.Relay(name="one")
    email = make_email("processing", on_unknown="hold", handover_at="2026-01-01T00:00Z")
    lease_runs_out(email)

    def swept_after(seconds: float) -> str:
        clock.now += seconds
        one._sweep()
        return status_of(email)

    assert swept_after(3600) == Status.PROCESSING, "it has only just begun"
    assert swept_after(relay.GRACE_SECONDS - 1) == Status.PROCESSING
    for _ in range(3):
        one._database_away()
        clock.now += 3600
    assert swept_after(1) == Status.PROCESSING
    assert swept_after(relay.GRACE_SECONDS - 1) == Status.PROCESSING
    assert swept_after(1) == Status.UNKNOWN
