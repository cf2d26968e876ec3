"""The body reaches the server whole, and what a server does meanwhile is heard."""

import threading

import pytest

from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Retry
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer, say

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
LARGE = (b"x" * 78 + b"\r\n") * 250_000
FIVE = [f"{name}@example.org" for name in "abcde"]


def session_to(server: ScriptedServer, timeout: float = 20.0) -> Session:
    return Session(SmtpSettings("127.0.0.1", server.port, timeout=timeout, final_timeout=20.0))


def send(session: Session, *, data: bytes) -> dict[str, Outcome]:
    return session.send("from@example.org", ["to@example.org"], data)


@pytest.mark.parametrize(
    "data",
    [
        b".\r\n..\r\n.a\r\n\r\n.",
        b"",
        b"a\r\n.\r\nMAIL FROM:<x>\r\n",
        b"\r\n.\r\n",
        b"x\r\n" * 40_000,
    ],
)
def test_dots_arrive_as_they_were(data: bytes) -> None:
    with ScriptedServer() as server:
        session = session_to(server)
        send(session, data=data)
        session.close()
    assert server.accepted[0].data == (data if data.endswith(b"\r\n") else data + b"\r\n")


@pytest.mark.fault(58)
def test_ten_megabytes_reach_a_reader_that_starts_late() -> None:
    data = (b".line of text " * 5 + b"\r\n") * 145_000
    with ScriptedServer(Script().when("body", HANG)) as server:
        session = session_to(server)

        def read_late() -> None:
            server.wait_for("body")
            server.release()

        helper = threading.Thread(target=read_late)
        helper.start()
        assert isinstance(send(session, data=data)["to@example.org"], Accepted)
        helper.join()
        session.close()
    assert server.accepted[0].data == data


@pytest.mark.fault(58)
def test_reader_that_stops_in_the_body_is_left() -> None:
    with ScriptedServer(Script().when("body", HANG, after=1000)) as server:
        outcome = send(session_to(server, timeout=1.0), data=LARGE)["to@example.org"]
    assert isinstance(outcome, Retry)
    assert (outcome.phase, outcome.burns) == ("body", True)


@pytest.mark.parametrize("data", [DATA, LARGE])
def test_refusal_before_the_dot_is_heard(data: bytes) -> None:
    def reported() -> bool:
        server.wait_for("body answered")
        return True

    with ScriptedServer(Script().when("body", say("552 5.3.4 too big"))) as server:
        session = session_to(server)
        outcome = session.send("f@example.org", FIVE, data, before_final_dot=reported)[FIVE[0]]
    assert isinstance(outcome, Failed)
    assert outcome.phase == "body"
    assert not server.accepted


def test_acceptance_before_the_dot_is_not_believed() -> None:
    def reported() -> bool:
        server.wait_for("body answered")
        return True

    with ScriptedServer(Script().when("body", say("250 queued"))) as server:
        session = session_to(server)
        outcome = session.send("f@example.org", FIVE, DATA, before_final_dot=reported)[FIVE[0]]
    assert isinstance(outcome, Retry)
