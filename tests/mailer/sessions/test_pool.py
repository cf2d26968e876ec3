"""Sessions are opened as they are needed and as the server lets them."""

from time import monotonic

import pytest

from postroom.mailer.circuit import CircuitState
from postroom.mailer.coroutines import Steps
from postroom.mailer.sessions.places import LEFT_WAIT
from postroom.mailer.smtp.session import Session
from tests.support.smtp.pool import pool_on
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer, say


def test_opens_as_many_as_are_wanted_and_no_more() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 3, wanted=3)
        assert server.connections == 3
        for session in pool.take(3):
            pool.pool.give_back(session)
        assert pool.pool.working == 3


def test_opens_for_those_that_wait_beyond_the_ready_sessions() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 3, wanted=3)
        pool.pool.fill(3)  # each has a session
        assert not pool.pool._opening
        pool.pool.fill(5, grow=False)
        assert not pool.pool._opening
        pool.pool.fill(5)
        assert len(pool.pool._opening) == 2
        pool.until(lambda: pool.pool.working == 5)
        assert server.connections == 5


def test_worn_session_is_replaced_while_others_work() -> None:
    with ScriptedServer() as server, pool_on(server, max_messages=1) as pool:
        pool.until(lambda: pool.pool.working == 3, wanted=3)
        (worn,) = pool.take(1)
        pool.pool.loop.start(send_over(worn))
        pool.until(lambda: bool(server.accepted) and not pool.pool.loop)
        pool.pool.give_back(worn)
        assert pool.pool.working == 2
        pool.pool.fill(5, grow=False)
        assert len(pool.pool._opening) == 1
        pool.pool.fill(5, grow=False)
        assert len(pool.pool._opening) == 1


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


def test_silence_beside_sessions_that_work_is_a_limit_too() -> None:
    script = Script(most=4, full_at="connect", full=HANG)
    with ScriptedServer(script) as server, pool_on(server, trial=1e6) as pool:
        pool.until(lambda: pool.pool.working == 4 and pool.places.limited, wanted=30)
        assert pool.places.capacity == 4
        assert pool.circuit.state is CircuitState.CLOSED
        assert pool.neighbours.limited
        pool.until(lambda: not len(pool.pool._opening))  # another mailer's are first in line now
        server.release()


def test_session_that_was_given_up_as_its_last_reply_came_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Session.open

    def given_up(session: Session) -> Steps[None]:
        yield from whole(session)
        session.abort()

    with ScriptedServer() as server, pool_on(server) as pool:
        monkeypatch.setattr(Session, "open", given_up)
        pool.pool.fill(1)
        pool.until(lambda: server.connections == 1 and not server.open)
        assert pool.pool.working == 0
        assert pool.pool.take() is None
        assert pool.circuit.state is CircuitState.CLOSED


def test_server_that_greets_slowly_is_not_silent() -> None:
    script = Script().when("connect", HANG, connection=1)
    with ScriptedServer(script) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 7, wanted=8)
        opening = pool.pool._opening
        opening._slowest = 6.0
        assert not opening.are_silent(monotonic() + 10)
        assert opening.are_silent(monotonic() + 20)


def test_only_connection_that_is_refused_is_kept_and_rests() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 1, wanted=1)
        (session,) = pool.take(1)
        pool.pool.crowded(session, "432 4.3.2 too many connections")
        assert pool.pool.take() is None
        assert 0.0 < pool.pool.until_next() <= LEFT_WAIT
        pool.until(lambda: pool.pool.until_next() == 0)
        assert pool.pool.take() is session
        assert server.connections == 1


def test_refused_connection_that_leaves_is_no_reason_for_the_next_refusal() -> None:
    with ScriptedServer() as server, pool_on(server, trial=1e6) as pool:
        pool.until(lambda: pool.pool.working == 2, wanted=2)
        first, second = pool.take(2)
        assert not pool.pool.alone
        pool.pool.crowded(second, "432 4.3.2 too many connections")
        assert not pool.pool.alone  # it is still leaving
        pool.until(lambda: pool.pool.alone, wanted=5)
        assert pool.pool.until_next() > LEFT_WAIT  # and no trial comes before its time
        pool.pool.give_back(first)


def test_connection_that_left_by_itself_may_still_be_counted() -> None:
    with ScriptedServer() as server, pool_on(server, max_messages=0) as pool:
        pool.until(lambda: pool.pool.working == 1, wanted=1)
        assert pool.pool.alone
        assert pool.pool.take() is None  # it is worn, and leaves
        pool.until(lambda: server.open == 0)
        pool.until(lambda: pool.pool.working == 1, wanted=1)
        assert not pool.pool.alone


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
            lambda: server.connections == 3 and len(pool.pool._opening._failures) == 2, wanted=30
        )
        for _ in range(20):
            pool.pool.fill(30)
            pool.pool.loop.turn(0.01)
        assert server.connections == 3
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


def send_over(session: Session) -> Steps[None]:
    yield from session.send("from@example.org", ["to@example.org"], b"Subject: x\r\n\r\nx\r\n")


def no_descriptors(_self: Session) -> None:
    raise OSError("too many open files")


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
