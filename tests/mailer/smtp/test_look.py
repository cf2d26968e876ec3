"""Many kept connections are looked at together before their next mails, by one system call."""

from pathlib import Path
from time import monotonic

import pytest

from postroom.mailer.coroutines import finish
from postroom.mailer.outcomes.outcome import Accepted
from postroom.mailer.smtp.greeting import SmtpSettings
from postroom.mailer.smtp.look import look as look_at_wires
from postroom.mailer.smtp.session import look_at
from postroom.mailer.smtp.wire import Wire
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import (
    LAST_REPLY,
    Script,
    ScriptedServer,
    make_certificate,
    say,
)
from tests.support.waits import wait_until

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
OFFERED = Script(chunking=True)


def send(session: Session) -> object:
    outcomes = session.send("f@example.org", ["to@example.org"], DATA, at_once=True)
    return outcomes["to@example.org"]


def sessions_to(server: ScriptedServer, number: int, **more: object) -> list[Session]:
    known = {"timeout": 20.0, "final_timeout": 20.0, "ehlo_name": "client.test"}
    settings = SmtpSettings("localhost", server.port, **(known | more))  # type: ignore[arg-type]
    sessions = [Session(settings) for _ in range(number)]
    for session in sessions:
        assert isinstance(send(session), Accepted)
    return sessions


def look(sessions: list[Session]) -> list[bool]:
    """Which were found silent."""
    look_at(session.inner for session in sessions)
    return [wire_of(session).looked_quiet() for session in sessions]


def wire_of(session: Session) -> Wire:
    wire = session.inner._wire
    assert wire is not None
    return wire


def only_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nobody looks at a connection by itself: it counts as not silent."""
    monkeypatch.setattr(Wire, "quiet", lambda _self: False)


def test_silent_connections_need_no_look_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(OFFERED) as server:
        sessions = sessions_to(server, 3)
        only_looked(monkeypatch)
        assert look(sessions) == [True] * 3
        monkeypatch.undo()
        for session in sessions:
            session.close()


def test_what_a_server_said_or_ended_is_seen_and_its_mail_goes_over_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mail written into an ended connection would leave everybody in doubt."""
    with ScriptedServer(OFFERED) as server:
        (good,) = sessions_to(server, 1)
        server.script = OFFERED.when("dot", LAST_REPLY)
        (ended,) = sessions_to(server, 1)
        server.script = OFFERED.when("dot", say("250 queued", "421 shutting down"))
        (reported,) = sessions_to(server, 1)
        server.script = OFFERED
        with monkeypatch.context() as looks:
            only_looked(looks)
            wait_until(lambda: look([ended, reported, good]) == [False, False, True])
        for session in (ended, reported, good):
            assert isinstance(send(session), Accepted)
            session.close()
    assert len(server.accepted) == 6
    assert server.connections == 5


def test_it_stands_until_the_next_write_and_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now = monotonic()
    later = now + 20
    monkeypatch.setattr("postroom.mailer.smtp.look.monotonic", lambda: now)
    monkeypatch.setattr("postroom.mailer.smtp.wire.monotonic", lambda: now)
    with ScriptedServer(OFFERED) as server:
        wire = Wire()
        finish(wire.connect("127.0.0.1", server.port, later))
        finish(wire.read_reply(later))
        only_looked(monkeypatch)
        look_at_wires([wire])
        assert wire.looked_quiet()
        finish(wire.write(b"NOOP\r\n", later, 20.0))
        assert not wire.looked_quiet()
        finish(wire.read_reply(later))
        look_at_wires([wire])
        now += 0.02
        assert not wire.looked_quiet()
        wire.shut()
        look_at_wires([wire])  # nothing to look at
        assert not wire.looked_quiet()


def test_encrypted_connections_are_looked_at_too(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    script = Script(chunking=True, starttls=True, certificate=certificate)
    with ScriptedServer(script) as server:
        sessions = sessions_to(server, 2, use_tls=True, ca_file=str(certificate[0]))
        look(sessions)
        for session in sessions:
            assert isinstance(send(session), Accepted)
            session.close()
    assert server.connections == 2
