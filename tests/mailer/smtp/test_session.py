"""A session keeps its connection between mails, and knows when it must not."""

import pytest

from postroom.mailer.errors import ClaimLostError, SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Retry, Unknown
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import (
    CLOSE,
    HANG,
    LAST_REPLY,
    RESET,
    Action,
    Script,
    ScriptedServer,
    say,
)

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
FIVE = [f"{name}@example.org" for name in "abcde"]
PIPELINING = pytest.mark.parametrize("pipelining", [True, False], ids=["grouped", "one by one"])


def session_to(server: ScriptedServer, **other: object) -> Session:
    known = {"timeout": 20.0, "final_timeout": 20.0, "ehlo_name": "client.test"}
    return Session(SmtpSettings("127.0.0.1", server.port, **(known | other)))  # type: ignore[arg-type]


def send(session: Session, *recipients: str, data: bytes = DATA) -> dict[str, Outcome]:
    return session.send("from@example.org", recipients or ["to@example.org"], data)


@PIPELINING
def test_one_connection_carries_many_mails(pipelining: bool) -> None:
    with ScriptedServer(Script(pipelining=pipelining, size=1000)) as server:
        session = session_to(server)
        for _ in range(3):
            assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
        server.wait_for("quit")
    assert (server.connections, len(server.accepted)) == (1, 3)
    assert server.commands[0] == "EHLO client.test"
    assert server.transactions[0].parameters == f"SIZE={len(DATA)}"
    assert server.accepted[0].data == DATA


@pytest.mark.parametrize("limit", [{"max_messages": 1}, {"max_age": 0.0}, {"max_idle": 0.0}])
def test_spent_connection_is_left_politely(limit: dict[str, float]) -> None:
    with ScriptedServer() as server:
        session = session_to(server, **limit)
        send(session)
        send(session)
        session.close()
    assert (server.connections, server.commands.count("QUIT")) == (2, 2)


@pytest.mark.fault(72)
@PIPELINING
@pytest.mark.parametrize("action", [CLOSE, RESET, say("421 idle too long"), say("503 confused")])
def test_stale_connection_is_reopened_once_without_cost(action: Action, pipelining: bool) -> None:
    script = Script(pipelining=pipelining).when("mail", action, transaction=2)
    with ScriptedServer(script) as server:
        session = session_to(server)
        send(session)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (2, 2)


def test_connection_that_stays_silent_at_mail_is_reopened() -> None:
    with ScriptedServer(Script().when("mail", HANG, transaction=2)) as server:
        session = session_to(server, timeout=1.0)
        send(session)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert server.connections == 2


@pytest.mark.fault(72)
def test_connection_closed_while_idle_is_replaced() -> None:
    with ScriptedServer(Script().when("dot", LAST_REPLY)) as server:
        session = session_to(server)
        for _ in range(3):
            assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (3, 3)


def test_session_recovers_from_a_failed_probe() -> None:
    with ScriptedServer(Script().when("noop", CLOSE)) as server:
        session = session_to(server)
        with pytest.raises(SmtpUnavailableError):
            session.probe()
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()


def test_answer_nobody_asked_for_is_never_taken_for_the_next() -> None:
    twice = say("250 queued", "250 and again")
    with ScriptedServer(Script().when("dot", twice, transaction=1)) as server:
        session = session_to(server)
        send(session)
        server.script = Script().when("dot", say("554 spam"))
        assert isinstance(send(session)["to@example.org"], Failed)
        session.close()
    assert (server.connections, len(server.accepted)) == (2, 1)


@PIPELINING
def test_two_of_five_are_refused_and_three_get_the_mail(pipelining: bool) -> None:
    script = Script(pipelining=pipelining)
    script = script.when("rcpt", say("550 5.1.1 unknown"), recipient=FIVE[1])
    script = script.when("rcpt", say("451 4.3.0 later"), recipient=FIVE[3])
    with ScriptedServer(script) as server:
        session = session_to(server)
        outcomes = send(session, *FIVE)
        session.close()
    assert [type(outcomes[name]) for name in FIVE] == [Accepted, Failed, Accepted, Retry, Accepted]
    assert server.accepted[0].recipients == (FIVE[0], FIVE[2], FIVE[4])


def test_unknown_concerns_only_those_who_were_accepted() -> None:
    script = Script().when("rcpt", say("550 5.1.1 unknown"), recipient=FIVE[0]).when("dot", CLOSE)
    with ScriptedServer(script) as server:
        outcomes = send(session_to(server), *FIVE)
    assert [type(outcomes[name]) for name in FIVE] == [Failed] + [Unknown] * 4


@pytest.mark.fault(65)
@PIPELINING
def test_421_in_the_middle_spares_only_those_already_refused(pipelining: bool) -> None:
    script = Script(pipelining=pipelining)
    script = script.when("rcpt", say("550 5.1.1 unknown"), recipient=FIVE[0])
    script = script.when("rcpt", say("421 4.3.2 leaving"), recipient=FIVE[2])
    with ScriptedServer(script) as server:
        outcomes = send(session_to(server), *FIVE)
    assert [type(outcomes[name]) for name in FIVE] == [Failed] + [Retry] * 4
    assert not server.accepted


@PIPELINING
@pytest.mark.parametrize("point", ["mail", "rcpt", "data", "dot"])
def test_connection_serves_the_next_mail_after_a_refusal(point: str, pipelining: bool) -> None:
    script = Script(pipelining=pipelining).when(point, say("554 5.7.1 no"), transaction=1)
    with ScriptedServer(script) as server:
        session = session_to(server)
        assert isinstance(send(session)["to@example.org"], Failed)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (1, 1)
    assert ("RSET" in server.commands) == (point in ("rcpt", "data"))


@pytest.mark.parametrize("dot", [say("554 no valid recipients"), say("250 whatever")])
def test_lone_dot_ends_a_data_granted_to_nobody(dot: Action) -> None:
    script = Script().when("rcpt", say("550 5.1.1 unknown"), transaction=1)
    script = script.when("data", say("354 go"), transaction=1).when("dot", dot, transaction=1)
    with ScriptedServer(script) as server:
        session = session_to(server)
        assert isinstance(send(session)["to@example.org"], Failed)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert server.connections == 1
    assert server.transactions[0].data == b""


def test_grouped_recipients_beyond_a_hundred_all_get_the_mail() -> None:
    many = [f"n{number}@example.org" for number in range(250)]
    with ScriptedServer() as server:
        session = session_to(server)
        outcomes = send(session, *many)
        session.close()
    assert all(isinstance(outcomes[name], Accepted) for name in many)
    assert server.accepted[0].recipients == tuple(many)


def test_lost_claim_sends_no_dot() -> None:
    with ScriptedServer() as server:
        session = session_to(server)
        for data in (DATA, b"x" * 70 + b"\r\n" * 50_000):
            with pytest.raises(ClaimLostError):
                session.send("f@example.org", FIVE, data, before_final_dot=lambda: False)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (3, 1)


def test_error_in_the_hand_over_leaves_no_half_sent_mail_behind() -> None:
    def fail() -> bool:
        raise LookupError

    with ScriptedServer() as server:
        session = session_to(server)
        with pytest.raises(LookupError):
            session.send("f@example.org", FIVE, DATA, before_final_dot=fail)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert len(server.accepted) == 1


def test_probe_leaves_a_connection_ready() -> None:
    with ScriptedServer() as server:
        session = session_to(server)
        session.probe()
        send(session)
        session.close()
    assert server.connections == 1
