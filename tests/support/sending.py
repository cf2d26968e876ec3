"""The sending half of a mailer, for tests of what stands around it."""

from typing import Any

from postroom.mailer.circuit import Circuit
from postroom.mailer.sending import Sending
from postroom.mailer.sessions.neighbours import NOBODY, Neighbours, Others
from postroom.mailer.sessions.places import Places
from postroom.mailer.sessions.pool import SessionPool

NOTHING: Any = None


class Alone(Neighbours):
    """No other mailer, unless a test says so; None: the database does not answer."""

    def __init__(self) -> None:
        super().__init__(NOTHING, "mail.example.org:25")
        self.others: Others | None = NOBODY

    def look(self) -> Others | None:
        return self.others


def sending_with(capacity: int) -> Sending:
    """One that could send so many e-mails at the same time, and is given none."""
    circuit = Circuit()
    pool = SessionPool(NOTHING, places=Places(capacity), circuit=circuit, neighbours=Alone())
    return Sending(pool, attempt=NOTHING, circuit=circuit, metrics=NOTHING)
