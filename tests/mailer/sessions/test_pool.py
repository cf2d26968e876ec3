"""Sessions are opened as they are needed and as the server lets them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic

import pytest

from postroom.mailer.circuit import Circuit, CircuitState
from postroom.mailer.sessions.neighbours import Others
from postroom.mailer.sessions.places import Places
from postroom.mailer.sessions.pool import SessionPool
from postroom.mailer.smtp.session import Session, SmtpSettings
from tests.support.sending import Alone
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer, say
from tests.support.waits import PATIENCE


class Pool:
    """A pool on a scripted server; its loop turns while a test waits."""

    def __init__(self, server: ScriptedServer, **settings: float) -> None:
        self.circuit = Circuit(threshold=5, probe_delay=5)
        self.neighbours = Alone()
        self.places = Places(32, first_trial=0.05, longest_trial=0.05)
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
        """Turn until it holds, with so many e-mails that have no session."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline
            self.pool.fill(max(0, wanted - self.pool.working))
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


def test_opens_as_many_as_are_wanted_and_no_more() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 3, wanted=3)
        assert server.connections == 3
        for session in pool.take(3):
            pool.pool.give_back(session)
        assert pool.pool.working == 3


@pytest.mark.parametrize(
    ("point", "refusal"),
    [
        ("connect", "421 4.7.0 too many connections"),
        ("connect", "554 no service"),
        ("ehlo", "421 4.7.0 too many connections"),
        ("ehlo", "450 try later"),
        ("auth", "421 4.3.2 maximum number of connections reached"),
        ("auth", "535 5.7.0 too many connections of this user"),
    ],
)
def test_refusal_beside_sessions_that_work_is_a_limit_and_no_outage(
    point: str, refusal: str
) -> None:
    login = {"username": "u", "password": "p"} if point == "auth" else {}
    script = Script(auth="PLAIN", most=4, full_at=point, full=say(refusal))
    with ScriptedServer(script) as server, pool_on(server, **login) as pool:  # type: ignore[arg-type]
        pool.until(lambda: pool.pool.working == 4 and pool.places.limited, wanted=30)
        assert pool.places.capacity == 4
        assert pool.circuit.state is CircuitState.CLOSED
        assert pool.neighbours.limited


def test_limit_that_rises_is_found_again() -> None:
    with ScriptedServer(Script(most=2)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 2 and pool.places.limited, wanted=30)
        sessions = pool.take(2)
        refused = server.connections
        pool.until(lambda: server.connections > refused)  # a trial, though nobody is in line
        assert pool.places.capacity == 2
        server.script = Script()
        pool.until(lambda: pool.pool.working > 2)
        for session in sessions:
            pool.pool.give_back(session)
        assert pool.places.capacity >= 3


def test_server_that_takes_nobody_is_an_outage() -> None:
    with ScriptedServer(Script(most=0)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.circuit.state is CircuitState.OPEN, wanted=30)
        assert pool.pool.trouble
        assert "too many connections" in pool.circuit.reason
        seen = server.connections
        pool.pool.fill(30)
        pool.pool.loop.turn(0)
        assert server.connections == seen, "the circuit is open"


def test_refused_ones_are_not_opened_again_before_the_slow_one_has_decided() -> None:
    script = Script().when("connect", HANG, connection=1).when("connect", say("421 not now"))
    with ScriptedServer(script) as server, pool_on(server) as pool:
        pool.until(
            lambda: server.connections == 8 and len(pool.pool._opening._failures) == 7, wanted=30
        )
        for _ in range(20):
            pool.pool.fill(30)
            pool.pool.loop.turn(0.01)
        assert server.connections == 8
        assert pool.circuit.state is CircuitState.CLOSED
        server.release()
        pool.until(lambda: pool.pool.working == 1)


def test_probe_goes_over_a_session_that_is_ready() -> None:
    with ScriptedServer(Script(most=1)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 1, wanted=1)
        for _ in range(5):
            pool.circuit.record_failure(monotonic(), False, "lost connections")
        assert pool.circuit.allows(monotonic() + 10)
        done: list[bool] = []
        pool.pool.probe(lambda: done.append(True))
        pool.until(lambda: bool(done))
        assert pool.circuit.state is CircuitState.CLOSED
        assert server.connections == 1
        assert server.reached.count("noop") == 1


def test_first_probe_keeps_its_connection_for_the_first_mail() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        done: list[bool] = []
        pool.pool.probe(lambda: done.append(True))
        pool.until(lambda: bool(done))
        assert len(pool.take(1)) == 1
        assert server.connections == 1


def test_unforeseen_fault_of_a_probe_counts_as_one_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        monkeypatch.setattr(Session, "open", no_descriptors)
        done: list[bool] = []
        for _ in range(5):
            pool.circuit.record_failure(monotonic(), False, "refused")
        assert pool.circuit.allows(monotonic() + 10)
        pool.pool.probe(lambda: done.append(True))
        pool.until(lambda: bool(done))
        assert pool.circuit.state is CircuitState.OPEN
        assert "too many open files" in pool.circuit.reason


def no_descriptors(_self: Session) -> None:
    raise OSError("too many open files")


def test_without_a_place_beside_others_it_leaves_the_work_to_them_until_one_is_free() -> None:
    with ScriptedServer(Script(most=0)) as server, pool_on(server) as pool:
        pool.neighbours.others = Others(mailers=2, sessions=3)
        pool.until(lambda: pool.pool.standing_by, wanted=1)
        assert pool.stood_by == [True]
        assert pool.pool.capacity == 0
        assert pool.circuit.state is CircuitState.CLOSED
        assert (pool.neighbours.sessions, pool.neighbours.wanting) == (0, True)
        server.script = Script(most=1)
        pool.neighbours.others = Others(mailers=2, sessions=2)
        pool.until(lambda: not pool.pool.standing_by)
        assert pool.stood_by == [True, False]
        assert pool.pool.working == 1


def test_one_kept_waiting_in_silence_beside_others_leaves_the_work_to_them_at_once() -> None:
    with ScriptedServer(Script(most=0, full=HANG)) as server, pool_on(server) as pool:
        pool.neighbours.others = Others(mailers=1, sessions=1)
        pool.until(lambda: pool.pool.standing_by, wanted=1)
        assert pool.stood_by == [True]
        server.release()
        pool.until(lambda: not pool.pool.standing_by)
        assert pool.stood_by == [True, False]


def test_when_nobody_holds_connections_any_more_it_is_an_outage_after_all() -> None:
    with ScriptedServer(Script(most=0)) as server, pool_on(server) as pool:
        pool.neighbours.others = Others(mailers=1, sessions=1)
        pool.until(lambda: pool.pool.standing_by, wanted=1)
        pool.neighbours.others = Others(mailers=1)
        pool.until(lambda: not pool.pool.standing_by)
        pool.until(lambda: pool.circuit.state is CircuitState.OPEN, wanted=1)


def test_gives_places_to_a_mailer_that_has_none() -> None:
    with ScriptedServer(Script(most=9)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 9 and pool.places.limited, wanted=30)
        sessions = pool.take(9)
        pool.neighbours.others = Others(mailers=2, sessions=0, without=2, wanting=2)
        # A trial that is under way would get a place that was given up.
        pool.until(lambda: pool.places.capacity == 3 and not len(pool.pool._opening))
        pool.neighbours.others = Others(mailers=2, sessions=6)
        for session in sessions:
            pool.pool.give_back(session)
        pool.until(lambda: server.open == 3)
        assert pool.pool.working == 3


def test_only_place_is_kept_however_many_want_it() -> None:
    with ScriptedServer(Script(most=1)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 1 and pool.places.limited, wanted=30)
        pool.neighbours.others = Others(mailers=2, sessions=0, without=2, wanting=2)
        looks = count_looks(pool)
        pool.until(lambda: len(looks) >= 2)
        assert pool.pool.working == 1


def test_idle_connections_go_when_another_mailer_wants_more() -> None:
    with ScriptedServer(Script(most=5)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 5 and pool.places.limited, wanted=30)
        pool.neighbours.others = Others(mailers=1, sessions=1, wanting=1)
        pool.until(lambda: server.open == 1)
        assert pool.places.capacity == 1


def count_looks(pool: Pool) -> list[Others]:
    """Everything the pool learns about the others from now on."""
    looks: list[Others] = []
    look = pool.neighbours.look

    def looked() -> Others:
        looks.append(look())
        return looks[-1]

    pool.neighbours.look = looked  # type: ignore[method-assign]
    return looks


def test_idle_connections_end_after_their_time() -> None:
    with ScriptedServer() as server, pool_on(server, max_idle=0.0) as pool:
        pool.until(lambda: server.connections == 1 and pool.pool.working == 1, wanted=1)
        pool.until(lambda: pool.pool.working == 0)
        server.wait_for("quit")


def test_server_that_closed_all_costs_no_mail_more_than_one_look() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 3, wanted=3)
        (stale,) = pool.take(1)
        server.__exit__()
        stale.drop()
        pool.pool.give_back(stale)
        pool.pool.look()
        assert pool.pool.working == 0
        server.__enter__()
