"""Mailers that use the same server share the connections that it takes."""

from postroom.mailer.circuit import CircuitState
from postroom.mailer.sessions.neighbours import Others
from postroom.mailer.sessions.places import Places
from postroom.mailer.sessions.pool import SHARING_SECONDS
from postroom.mailer.sessions.sharing import Sharing
from tests.support.sending import Alone
from tests.support.smtp.pool import Pool, pool_on
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer


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


def test_idle_for_a_moment_is_not_given_up() -> None:
    with ScriptedServer(Script(most=5)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 5 and pool.places.limited, wanted=30)
        looks = count_looks(pool)
        pool.neighbours.others = Others(mailers=1, sessions=5, wanting=1, of_wanting=5)
        while (seen := len(looks)) < 4:
            sessions = pool.take(5)
            pool.until(lambda seen=seen: len(looks) > seen)  # type: ignore[misc]
            for session in sessions:
                pool.pool.give_back(session)
        assert pool.pool.working == 5


def test_busy_mailer_gives_up_more_than_its_share() -> None:
    with ScriptedServer(Script(most=8)) as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 8 and pool.places.limited, wanted=30)
        pool.take(8)
        pool.neighbours.others = Others(mailers=3, sessions=4, wanting=2, of_wanting=2)
        pool.until(lambda: pool.places.capacity == 4)


def test_places_that_another_mailer_gave_up_are_tried_for_at_once() -> None:
    with ScriptedServer(Script(most=2)) as server, pool_on(server, trial=1e6) as pool:
        pool.until(lambda: pool.pool.working == 2 and pool.places.limited, wanted=3)
        pool.take(2)
        pool.neighbours.others = Others(mailers=2, sessions=12, wanting=1, of_wanting=10)
        looks = count_looks(pool)
        pool.until(lambda: len(looks) >= 2)
        server.script = Script(most=5)
        pool.neighbours.others = Others(mailers=2, sessions=4, wanting=1, of_wanting=2)
        pool.until(lambda: pool.places.capacity == 6)
        pool.until(lambda: pool.pool.working == 5, wanted=9)
        pool.until(lambda: pool.places.capacity == 5, wanted=9)  # as many as there are


def test_mailer_without_work_and_without_a_limit_leaves_its_connections_to_one_that_wants() -> None:
    with ScriptedServer() as server, pool_on(server) as pool:
        pool.until(lambda: pool.pool.working == 5, wanted=5)
        sessions = pool.take(5)
        pool.neighbours.others = Others(mailers=1, sessions=1, wanting=1, of_wanting=1)
        looks = count_looks(pool)
        pool.until(lambda: pool.pool.until_look() > SHARING_SECONDS)
        assert not looks  # it is at work
        for session in sessions:
            pool.pool.give_back(session)
        pool.until(lambda: server.open == 1)
        assert pool.pool.working == 1


def test_mailer_alone_on_its_server_seldom_looks_for_others() -> None:
    places, asked = Places(32), []
    neighbours = Alone()
    look = neighbours.look
    neighbours.look = lambda: asked.append(1) or look()  # type: ignore[method-assign,func-returns-value]
    sharing = Sharing(neighbours, places)
    for second in range(10):
        assert sharing.keep(second, working=5, idle=5, has_work=False) == 5
        assert not sharing.lasts
    assert len(asked) == 1
    sharing.keep(10, working=5, idle=5, has_work=False)
    assert len(asked) == 2


def test_others_that_cannot_be_looked_at_have_not_left() -> None:
    places, neighbours = Places(32), Alone()
    places.refused(0, working=4)
    sharing = Sharing(neighbours, places)
    neighbours.others = Others(mailers=1, sessions=5, wanting=1, of_wanting=5)
    assert sharing.keep(1, working=4, idle=0, has_work=True) == 4
    neighbours.others = None
    assert sharing.keep(2, working=4, idle=0, has_work=True) == 4
    assert places.capacity == 4
    neighbours.others = Others(mailers=1, sessions=5, wanting=1, of_wanting=5)
    assert sharing.keep(3, working=4, idle=0, has_work=True) == 4
    assert places.capacity == 4


def test_mailer_that_cannot_look_at_others_is_not_alone() -> None:
    neighbours = Alone()
    sharing = Sharing(neighbours, Places(32))
    neighbours.others = None
    assert sharing.keep(0, working=5, idle=5, has_work=False) == 5
    neighbours.others = Others(mailers=1, sessions=0, without=1, wanting=1)
    assert sharing.keep(1, working=5, idle=5, has_work=False) == 1


def test_mailer_that_stands_by_and_cannot_look_at_others_tries_for_itself() -> None:
    with ScriptedServer(Script(most=0)) as server, pool_on(server) as pool:
        pool.neighbours.others = Others(mailers=2, sessions=3)
        pool.until(lambda: pool.pool.standing_by, wanted=1)
        server.script = Script(most=1)
        pool.neighbours.others = None
        pool.until(lambda: not pool.pool.standing_by)
        assert pool.pool.working == 1


def test_mailer_without_work_does_not_wait_in_the_servers_queue() -> None:
    script = Script(most=2, full=HANG)
    with ScriptedServer(script) as server, pool_on(server, trial=1e6) as pool:
        pool.until(lambda: pool.pool.working == 2, wanted=5)
        assert len(pool.pool._opening) > 0
        pool.until(lambda: not len(pool.pool._opening))
        assert not pool.places.limited  # nothing was learned: it only left the queue
        server.release()


def count_looks(pool: Pool) -> list[Others | None]:
    """Everything the pool learns about the others from now on."""
    looks: list[Others | None] = []
    look = pool.neighbours.look

    def looked() -> Others | None:
        looks.append(look())
        return looks[-1]

    pool.neighbours.look = looked  # type: ignore[method-assign]
    return looks
