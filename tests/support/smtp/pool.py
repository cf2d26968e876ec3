"""A pool of sessions on a scripted server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic

from postroom.mailer.circuit import Circuit
from postroom.mailer.sessions.places import Places
from postroom.mailer.sessions.pool import SessionPool
from postroom.mailer.smtp.session import Session, SmtpSettings
from tests.support.sending import Alone
from tests.support.smtp.scripted_server import ScriptedServer
from tests.support.waits import PATIENCE


class Pool:
    """A pool on a scripted server; its loop turns while a test waits."""

    def __init__(self, server: ScriptedServer, trial: float = 0.05, **settings: float) -> None:
        self.circuit = Circuit(threshold=5, probe_delay=5)
        self.neighbours = Alone()
        self.places = Places(32, first_trial=trial, longest_trial=trial)
        self.stood_by: list[bool] = []
        known = {"timeout": 20.0, "final_timeout": 20.0, "ehlo_name": "client.test", **settings}
        to = SmtpSettings("127.0.0.1", server.port, **known)  # type: ignore[arg-type]
        self.pool = SessionPool(
            partial(Session, to),
            places=self.places,
            circuit=self.circuit,
            neighbours=self.neighbours,
            stand_by=self.stood_by.append,
        )

    def until(self, condition: Callable[[], bool], wanted: int = 0) -> None:
        """Turn until it holds, with `wanted` e-mails that are being sent or wait."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline
            self.pool.fill(max(0, wanted - len(self.pool._busy)))
            self.pool.loop.turn(0.01)

    def take(self, count: int) -> list[Session]:
        """So many that are ready."""
        sessions = [session for _ in range(count) if (session := self.pool.take())]
        assert len(sessions) == count
        return sessions


@contextmanager
def pool_on(server: ScriptedServer, **settings: float) -> Iterator[Pool]:
    pool = Pool(server, **settings)
    try:
        yield pool
    finally:
        for session in tuple(pool.pool._busy):
            pool.pool.give_back(session)
        pool.pool.end()
        pool.pool.close()
