"""A mail in one write, with CHUNKING: when it is done, and what each trouble then means."""

import pytest

from postroom.mailer.errors import ClaimLostError
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Retry, Unknown
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import (
    CLOSE,
    DRIBBLE,
    ENDLESS,
    GARBAGE,
    HANG,
    LONG_LINE,
    RESET,
    Action,
    Script,
    ScriptedServer,
    say,
)

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
FIVE = [f"{name}@example.org" for name in "abcde"]
OFFERED = Script(chunking=True)
REFUSALS = [say("554 5.7.1 no"), say("451 4.3.0 later")]


def session_to(server: ScriptedServer, **other: object) -> Session:
    known = {"timeout": 20.0, "final_timeout": 20.0, "ehlo_name": "client.test"}
    return Session(SmtpSettings("127.0.0.1", server.port, **(known | other)))  # type: ignore[arg-type]


def send(session: Session, *recipients: str, data: bytes = DATA) -> dict[str, Outcome]:
    return session.send("f@example.org", recipients or ["to@example.org"], data, at_once=True)


def verbs(server: ScriptedServer) -> list[str]:
    return [command.split()[0] for command in server.commands]


def second(
    script: Script, *recipients: str, limit: float = 20.0
) -> tuple[list[Outcome], list[str]]:
    """Outcomes of the second mail of a session, and its commands; a third must arrive after it."""
    with ScriptedServer(OFFERED) as server:
        session = session_to(server, timeout=limit, final_timeout=limit)
        send(session)
        begun = len(server.commands)
        server.script = script
        outcomes = send(session, *recipients)
        said = verbs(server)[begun:]
        server.script = OFFERED
        server.release()
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    return list(outcomes.values()), said


def test_second_mail_of_a_connection_goes_in_one_write() -> None:
    dots = b"Subject: x\r\n\r\n.\r\n..\r\n.MAIL FROM:<x>\r\n"
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        send(session, *FIVE)
        send(session, *FIVE, data=dots)
        session.close()
        server.wait_for("quit")
    one = ["MAIL", *["RCPT"] * 5]
    assert verbs(server) == ["EHLO", *one, "DATA", *one, "BDAT", "QUIT"]
    assert server.accepted[1].data == dots
    assert server.accepted[1].recipients == tuple(FIVE)


@pytest.mark.parametrize(
    ("script", "more", "at_once", "data"),
    [
        (Script(chunking=False), {}, True, DATA),
        (Script(chunking=True, pipelining=False), {}, True, DATA),
        (OFFERED, {"chunking": False}, True, DATA),
        (OFFERED, {}, False, DATA),
        (OFFERED, {}, True, b"x" * 70 + b"\r\n" * 50_000),
    ],
    ids=["not offered", "no groups", "turned off", "not wanted", "large"],
)
def test_dialogue_is_kept(
    script: Script, more: dict[str, object], at_once: bool, data: bytes
) -> None:
    with ScriptedServer(script) as server:
        session = session_to(server, **more)
        for _ in range(2):
            session.send("f@example.org", FIVE, data, at_once=at_once)
        session.close()
    assert len(server.accepted) == 2
    assert "BDAT" not in verbs(server)


def test_probed_connection_has_carried_no_mail_yet() -> None:
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        session.probe()
        send(session)
        send(session)
        session.close()
        server.wait_for("quit")
    assert [verb for verb in verbs(server) if verb in ("DATA", "BDAT")] == ["DATA", "BDAT"]
    assert server.connections == 1


def test_lost_claim_sends_nothing() -> None:
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        send(session)
        with pytest.raises(ClaimLostError):
            session.send("f@example.org", FIVE, DATA, at_once=True, before_final_dot=lambda: False)
        session.close()
    assert verbs(server).count("MAIL") == 1


def test_two_of_five_are_refused_and_three_get_the_mail() -> None:
    script = OFFERED.when("rcpt", say("550 5.1.1 unknown"), recipient=FIVE[1])
    script = script.when("rcpt", say("451 4.3.0 later"), recipient=FIVE[3])
    outcomes, said = second(script, *FIVE)
    kinds = {type(outcome) for outcome in outcomes}
    assert [type(outcome) for outcome in outcomes].count(Accepted) == 3
    assert kinds == {Accepted, Failed, Retry}
    assert said[-1] == "BDAT"


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("point", ["mail", "rcpt", "dot"])
def test_refusal_is_no_doubt_and_the_connection_goes_on(point: str, refusal: Action) -> None:
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        send(session)
        server.script = OFFERED.when(point, refusal)
        assert isinstance(send(session)["to@example.org"], Failed | Retry)
        server.script = OFFERED
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (1, 2)
    assert verbs(server)[-3:-1] != ["BDAT", "MAIL"]


@pytest.mark.parametrize("action", [CLOSE, RESET, GARBAGE, LONG_LINE, ENDLESS, HANG, DRIBBLE])
@pytest.mark.parametrize(
    ("point", "keep"), [("mail", False), ("rcpt", False), ("dot", False), ("dot", True)]
)
def test_lost_answer_leaves_it_unknown(point: str, action: Action, keep: bool) -> None:
    limit = 0.5 if action in (HANG, DRIBBLE) else 20.0
    outcomes, said = second(OFFERED.when(point, action, keep=keep), limit=limit)
    assert [type(outcome) for outcome in outcomes] == [Unknown]
    assert said[0] == "MAIL"


def test_unknown_concerns_only_those_who_were_not_refused() -> None:
    script = OFFERED.when("rcpt", say("550 5.1.1 unknown"), recipient=FIVE[0]).when("dot", CLOSE)
    outcomes, _ = second(script, *FIVE)
    assert [type(outcome) for outcome in outcomes] == [Failed] + [Unknown] * 4


def test_after_a_lost_answer_the_next_mail_is_told_step_by_step() -> None:
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        send(session)
        server.script = OFFERED.when("mail", CLOSE)
        assert isinstance(send(session)["to@example.org"], Unknown)
        for _ in range(3):  # a server that drops everyone costs no further doubt
            assert isinstance(send(session)["to@example.org"], Retry)
        session.close()
    assert len(server.accepted) == 1


def test_421_to_mail_moves_it_to_another_connection() -> None:
    with ScriptedServer(OFFERED.when("mail", say("421 idle too long"), transaction=2)) as server:
        session = session_to(server)
        send(session)
        assert isinstance(send(session)["to@example.org"], Accepted)
        session.close()
    assert (server.connections, len(server.accepted)) == (2, 2)


@pytest.mark.parametrize("words", ["421 4.7.0 slow down", "530 5.7.0 log in first"])
def test_refusal_of_us_at_one_recipient_does_not_hide_that_others_got_it(words: str) -> None:
    with ScriptedServer(OFFERED) as server:
        session = session_to(server)
        send(session)
        server.script = OFFERED.when("rcpt", say(words), recipient=FIVE[1])
        outcomes = send(session, *FIVE[:3])
        session.close()
    assert [type(outcomes[name]) for name in FIVE[:3]] == [Accepted, Retry, Accepted]
    assert not outcomes[FIVE[1]].burns  # type: ignore[union-attr]
    assert server.accepted[1].recipients == (FIVE[0], FIVE[2])
