"""A send can be ended from another thread in every phase, at once, and honestly."""

import threading
from time import monotonic

import pytest

from postroom.mailer.errors import Fault, WireError
from postroom.mailer.outcomes.outcome import Outcome, Retry, Unknown
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import HANG, Script, ScriptedServer

LARGE = (b"x" * 78 + b"\r\n") * 250_000


def send(session: Session, data: bytes = b"Subject: x\r\n\r\n") -> Outcome:
    return session.send("from@example.org", ["to@example.org"], data)["to@example.org"]


def sessions(port: int) -> Session:
    return Session(SmtpSettings("127.0.0.1", port, timeout=60.0, final_timeout=60.0))


@pytest.mark.parametrize("pipelining", [True, False], ids=["grouped", "one by one"])
@pytest.mark.parametrize("point", ["mail", "rcpt", "data", "body", "dot"])
def test_abort_ends_the_send_by_its_phase(point: str, pipelining: bool) -> None:
    with ScriptedServer(Script(pipelining=pipelining).when(point, HANG)) as server:
        session = sessions(server.port)
        outcomes: list[Outcome] = []
        data = LARGE if point == "body" else b"Subject: x\r\n\r\n"
        sender = threading.Thread(target=lambda: outcomes.append(send(session, data)))
        began = monotonic()
        sender.start()
        server.wait_for(point)
        session.abort()
        sender.join(30)
        assert monotonic() - began < 30
        session.close()
    if point == "dot":
        assert isinstance(outcomes[0], Unknown)
    else:
        assert isinstance(outcomes[0], Retry)
        assert not outcomes[0].burns


@pytest.mark.parametrize("point", ["connect", "ehlo"])
def test_abort_ends_the_opening(point: str) -> None:
    with ScriptedServer(Script().when(point, HANG)) as server:
        session = sessions(server.port)
        ended: list[Fault] = []

        def open_it() -> None:
            with pytest.raises(WireError) as caught:
                session.probe()
            ended.append(caught.value.fault)

        opener = threading.Thread(target=open_it)
        opener.start()
        server.wait_for(point)
        session.abort()
        opener.join(30)
        assert ended == [Fault.ABORTED]


def test_nothing_is_sent_after_an_abort() -> None:
    with ScriptedServer() as server:
        session = sessions(server.port)
        send(session)
        session.abort()
        outcome = send(session)
        assert isinstance(outcome, Retry)
        assert not outcome.burns
        with pytest.raises(WireError):
            session.probe()
        assert len(server.accepted) == 1


def test_abort_in_the_hand_over_keeps_the_dot_back() -> None:
    with ScriptedServer() as server:
        session = sessions(server.port)

        def stop() -> bool:
            session.abort()
            return True

        outcome = session.send("f@example.org", ["t@example.org"], b"x", before_final_dot=stop)
        assert isinstance(outcome["t@example.org"], Retry)
        assert not outcome["t@example.org"].burns
        assert not server.accepted
