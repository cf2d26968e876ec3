"""A mailer on a scripted SMTP server in trouble that is the server's and no e-mail's."""

import json
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any

from postroom.shared.status import Status
from tests.support.acceptance.program import Program
from tests.support.acceptance.short_timeouts import IMPATIENT
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import LAST_REPLY, Action, Rule, Script, ScriptedServer
from tests.support.waits import PATIENCE

# Every mail on a connection of its own, so that trouble with connections is met at once.
ONE_EACH = Script(auth="PLAIN").when("dot", LAST_REPLY)
_CUT = ("retry", "mail", None)
LOGIN = {"EMAIL_HOST_USER": "postroom", "EMAIL_HOST_PASSWORD": "as good as any"}


@dataclass(frozen=True)
class Relayed:
    """A mailer on a scripted server, kept for many tests."""

    system: System
    smtp: ScriptedServer
    mailers: list[Program]

    @property
    def mailer(self) -> Program:
        """The one that runs now."""
        return self.mailers[-1]

    def start_mailer(self) -> None:
        """In place of the one before."""
        if self.mailers:
            assert self.mailer.stop() == 0
        self.mailers.append(self.system.start_mailer(**IMPATIENT, **LOGIN))
        self.system.wait(lambda: self.readiness() == {"status": "ok"})

    def readiness(self) -> dict[str, str]:
        """What /readyz says."""
        self.mailer.wait_for_log("mailer_started")
        (started,) = self.mailer.logged("mailer_started")
        with closing(HTTPConnection("127.0.0.1", started["health_port"], timeout=PATIENCE)) as http:
            http.request("GET", "/readyz")
            response = http.getresponse()
            answer: dict[str, str] = json.load(response)
        assert (response.status == 200) == (answer == {"status": "ok"})
        return answer

    def attempts(self, ids: Collection[int]) -> list[tuple[Any, ...]]:
        """Outcome, phase and code of what is in the log of these.

        Without attempts over a connection that `trouble` ended within a second of its opening: the
        mailer takes such an end for the server's answer.
        """
        found = self.system.query(
            "SELECT outcome, phase, smtp_code FROM postroom_emaillog WHERE email_id = ANY(%s)",
            list(ids),
        )
        return [attempt for attempt in found if attempt != _CUT]


@contextmanager
def trouble(relayed: Relayed, point: str, action: Action) -> Iterator[None]:
    """The server misbehaves as long as the block runs, over new connections only."""
    relayed.smtp.script = replace(ONE_EACH, rules=(Rule(point, action), *ONE_EACH.rules))
    relayed.smtp.end_connections()
    try:
        yield
    finally:
        relayed.smtp.script = ONE_EACH
        relayed.smtp.release()
        relayed.smtp.released.clear()


def circuit_opens(relayed: Relayed) -> list[int]:
    """Queue some mail and wait until the mailer sends no more; their ids."""
    ids = relayed.system.queue(6)
    relayed.system.wait(lambda: "smtp" in relayed.readiness())
    relayed.system.wait(lambda: len(relayed.attempts(ids)) >= 5)
    assert relayed.mailer.running
    statement = "SELECT status, attempts FROM postroom_emailqueue WHERE id = ANY(%s)"
    relayed.system.wait(lambda: set(relayed.system.query(statement, ids)) == {(Status.PENDING, 0)})
    return ids


def delivered_once(relayed: Relayed, ids: list[int]) -> None:
    """The trouble is over: all of it arrives, by one counted attempt each."""
    system = relayed.system
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: len(ids)})
    statement = "SELECT attempts FROM postroom_emailqueue WHERE id = ANY(%s)"
    assert set(system.query(statement, ids)) == {(1,)}
    (normal,) = system.queue()
    system.wait(lambda: system.statuses([normal]) == {Status.COMPLETED: 1})
    system.wait(lambda: relayed.readiness() == {"status": "ok"})
    system.assert_contract([*ids, normal])
    assert not system.ids_flagged()
