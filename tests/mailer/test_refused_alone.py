"""One e-mail that a server refuses in words about the mailer does not stop all others for ever."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from postroom.mailer.attempt import Attempt
from postroom.mailer.circuit import Circuit, CircuitState, Pace
from postroom.mailer.coroutines import Steps, finish
from postroom.mailer.outcomes.outcome import Accepted, Outcome, Reply
from postroom.mailer.outcomes.retry_policy import RetrySettings
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.result import Result
from postroom.mailer.smtp.answers import at_rcpt
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import RecipientKind, Status

STRANGE = Reply(550, "5.7.1 Members only: authentication required")
QUOTA = Reply(550, "5.4.5 Daily sending quota exceeded")


class Server:
    """Gives each address the reply that `says` has for it; all others are accepted."""

    def __init__(self, says: dict[str, Reply]) -> None:
        self.says = says

    def send(self, sender: str, addresses: list[str], data: bytes, **_: Any) -> Steps[Any]:
        """As `Session.send`."""
        yield from ()
        found: dict[str, Outcome] = {}
        for address in addresses:
            outcome = at_rcpt(self.says.get(address, Reply(250, "ok")), len(data))
            found[address] = outcome or Accepted(Reply(250, "queued"))
        return found


def email(number: int, address: str) -> ClaimedEmail:
    person = Recipient(number, RecipientKind.TO, address)
    return ClaimedEmail(
        number, "token", 1, 8, datetime.now(UTC), f"<{number}@example.org>", "", "Hello",
        "a@example.org", plain_body="Hello", recipients=(person,),
    )  # fmt: skip


@pytest.fixture
def circuit() -> Circuit:
    """Closed, and closed again as soon as a session can be opened."""
    return Circuit(configuration_delay=0.0)


@pytest.fixture
def attempt(circuit: Circuit) -> Callable[[ClaimedEmail, Server], Result]:
    whole = Attempt(
        renderer=Renderer([]),
        files=Mock(load=lambda email: email),
        hand_over=Mock(),
        circuit=circuit,
        pace=Pace(),
        retry=RetrySettings(base_seconds=30, max_seconds=60, max_age_seconds=1000),
    )
    return lambda email, server: finish(whole.run(email, server))  # type: ignore[arg-type]


def state(circuit: Circuit) -> CircuitState:
    return circuit.state


def probed(circuit: Circuit) -> None:
    """The server takes a login again."""
    assert circuit.allows(1e9)
    circuit.record_success(1e9)


def test_it_uses_up_its_attempts_once_others_pass(
    circuit: Circuit, attempt: Callable[[ClaimedEmail, Server], Result]
) -> None:
    server = Server({"list@example.org": STRANGE})
    odd, other = email(1, "list@example.org"), email(2, "ann@example.org")
    first = attempt(odd, server).decision
    assert (first.status, first.counts) == (Status.PENDING, False)
    assert state(circuit) is CircuitState.OPEN, "until others pass, it may be about us"
    probed(circuit)
    assert attempt(other, server).decision.status is Status.COMPLETED
    second = attempt(odd, server).decision
    assert (second.status, second.counts) == (Status.PENDING, True)
    assert state(circuit) is CircuitState.CLOSED, "the others go on"
    last = attempt(odd._replace(attempt=8), server).decision
    assert last.status is Status.FAILED
    assert "authentication required" in last.error
    # Another one may still be the first to learn of an outage.
    attempt(email(3, "list@example.org"), server)
    assert state(circuit) is CircuitState.OPEN


def test_nothing_counts_while_no_other_passes(
    circuit: Circuit, attempt: Callable[[ClaimedEmail, Server], Result]
) -> None:
    server = Server({"ann@example.org": STRANGE})
    attempt(email(2, "bob@example.org"), server)  # before the outage
    for _ in range(3):
        refused = attempt(email(1, "ann@example.org"), server).decision
        assert (refused.status, refused.counts) == (Status.PENDING, False)
        assert state(circuit) is CircuitState.OPEN
        # One that was claimed before goes out over a connection that still works.
        assert attempt(email(3, "bob@example.org"), server).decision.status is Status.COMPLETED
        probed(circuit)


def test_a_quota_lets_some_through_and_is_no_mails_fault(
    circuit: Circuit, attempt: Callable[[ClaimedEmail, Server], Result]
) -> None:
    server = Server({"ann@example.org": QUOTA})
    for _ in range(3):
        refused = attempt(email(1, "ann@example.org"), server).decision
        assert (refused.status, refused.counts) == (Status.PENDING, False)
        assert state(circuit) is CircuitState.OPEN
        probed(circuit)
        attempt(email(2, "bob@example.org"), server)
