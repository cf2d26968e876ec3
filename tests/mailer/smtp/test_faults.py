"""Every way a server can misbehave, at every phase, and what must become of the e-mail."""

import pytest

from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Retry, Unknown
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
SILENT = (HANG, DRIBBLE)
BROKEN = (GARBAGE, LONG_LINE, ENDLESS, say("250-one", "251 two"), say("199 early"), say("2"))
LOST = (CLOSE, RESET)
PIPELINING = pytest.mark.parametrize("pipelining", [True, False], ids=["grouped", "one by one"])


def send(script: Script) -> Outcome:
    # A short limit only where it must pass: elsewhere a slow machine must not reach it.
    limit = 0.5 if any(rule.action in SILENT for rule in script.rules) else 20.0
    with ScriptedServer(script) as server:
        session = Session(
            SmtpSettings("127.0.0.1", server.port, timeout=limit, final_timeout=limit)
        )
        try:
            outcome = session.send("from@example.org", ["to@example.org"], DATA)["to@example.org"]
        finally:
            session.close()
        assert not server.accepted or isinstance(outcome, Accepted | Unknown)
    return outcome


@pytest.mark.parametrize("action", [*SILENT, *BROKEN, *LOST, say("421 busy"), say("554 go away")])
@pytest.mark.parametrize("point", ["connect", "ehlo"])
def test_trouble_before_mail_is_the_servers_fault(point: str, action: Action) -> None:
    with pytest.raises(SmtpUnavailableError) as caught:
        send(Script().when(point, action))
    assert caught.value.phase == Phase.CONNECT
    assert not caught.value.configuration
    assert caught.value.error


@pytest.mark.fault(59, 60)
def test_refused_connection_and_unknown_name_are_the_servers_fault() -> None:
    with ScriptedServer() as server:
        port = server.port
    for host in ("127.0.0.1", "no-such-host.invalid"):
        with pytest.raises(SmtpUnavailableError) as caught:
            Session(SmtpSettings(host, port, timeout=2.0)).probe()
        assert (caught.value.phase, caught.value.configuration) == (Phase.CONNECT, False)


@PIPELINING
@pytest.mark.parametrize("action", [*SILENT, *BROKEN])
@pytest.mark.parametrize("point", ["mail", "rcpt", "data"])
def test_silent_or_broken_server_before_the_dot_is_tried_again(
    point: str, action: Action, pipelining: bool
) -> None:
    outcome = send(Script(pipelining=pipelining).when(point, action))
    assert isinstance(outcome, Retry)
    assert (outcome.phase, outcome.burns) == (Phase(point), False)
    # At MAIL the server knows of no recipient; later it may be this one's, and slows no other mail.
    assert (outcome.slow_down, outcome.lost) == (point == "mail", point != "mail")


@pytest.mark.fault(57, 66)
@PIPELINING
@pytest.mark.parametrize("action", LOST)
@pytest.mark.parametrize("point", ["mail", "rcpt", "data", "body"])
def test_connection_lost_before_the_dot_is_tried_again(
    point: str, action: Action, pipelining: bool
) -> None:
    outcome = send(Script(pipelining=pipelining).when(point, action))
    if point == "body" and isinstance(outcome, Unknown):
        return  # the loss came after our last look at the socket, with the dot under way
    assert isinstance(outcome, Retry)
    # With a reset the whole group is lost, and with it the replies that came before.
    assert outcome.burns == (outcome.phase != Phase.MAIL)
    assert action is RESET or outcome.phase == Phase(point)


@pytest.mark.fault(66)
@pytest.mark.parametrize("action", [*SILENT, *BROKEN, *LOST, say("354 more")])
@pytest.mark.parametrize("keep", [True, False])
def test_no_usable_answer_to_the_dot_is_unknown(action: Action, keep: bool) -> None:
    outcome = send(Script().when("dot", action, keep=keep))
    assert isinstance(outcome, Unknown)
    assert (outcome.phase, outcome.reply.code) == (Phase.FINAL, 0)


SOFT = {"burns": True, "slow_down": False, "min_delay": 0}
FREE = SOFT | {"burns": False}
SLOW = SOFT | {"slow_down": True}
FREE_SLOW = FREE | {"slow_down": True}
GREY = SOFT | {"min_delay": 60}
FULL = SOFT | {"min_delay": 900}
BOUNCE = {"hard_bounce": True}
POLICY = {"hard_bounce": False}

REPLIES = [
    ("mail", "451 4.3.0 try later", Retry, FREE_SLOW),
    ("mail", "452 4.3.1 no space", Retry, FREE_SLOW),
    ("mail", "451 4.7.1 Greylisted", Retry, GREY),
    ("mail", "450 4.1.8 sender domain not found", Retry, SOFT),
    ("mail", "552 5.3.4 too big", Failed, POLICY),
    ("mail", "550 5.7.1 sender refused", Failed, POLICY),
    ("mail", "553 5.1.8 bad sender", Failed, POLICY),
    ("mail", "503 out of order", Retry, FREE_SLOW),
    ("rcpt", "550 5.1.1 no such user", Failed, BOUNCE),
    ("rcpt", "550 5.1.10 null MX", Failed, BOUNCE),
    ("rcpt", "551 5.1.2 gone", Failed, BOUNCE),
    ("rcpt", "553 5.1.3 syntax", Failed, BOUNCE),
    ("rcpt", "550 no", Failed, POLICY),
    ("rcpt", "550 5.1.100 other", Failed, POLICY),
    ("rcpt", "550 5.7.1 policy", Failed, POLICY),
    ("rcpt", "550 5.7.26 unauthenticated", Failed, POLICY),
    ("rcpt", "554 5.7.1 we do not like you", Failed, POLICY),
    ("rcpt", "556 5.1.10 null MX", Failed, BOUNCE),
    ("rcpt", "556 no mail here", Failed, BOUNCE),
    ("rcpt", "554 5.1.10 null MX", Failed, BOUNCE),
    ("rcpt", "450 4.3.2 service unavailable", Retry, FREE_SLOW),
    ("rcpt", "450 4.2.1 receiving too quickly", Retry, SOFT | {"min_delay": 300}),
    ("rcpt", "452 4.2.2 over quota", Retry, FULL),
    ("rcpt", "552 5.2.2 over quota", Retry, FULL),
    ("rcpt", "552 mailbox full", Retry, FULL),
    ("rcpt", "552 5.3.4 message too big", Failed, POLICY),
    ("rcpt", "451 4.7.1 wait", Retry, GREY),
    ("rcpt", "450 4.2.0 wait", Retry, GREY),
    ("rcpt", "450 4.7.0 you are greylisted", Retry, GREY),
    ("rcpt", "450 4.7.28 unusual rate", Retry, FREE_SLOW),
    ("rcpt", "451 4.7.0 Too many messages", Retry, FREE_SLOW),
    ("rcpt", "450 4.1.1 unverified", Retry, SOFT),
    ("rcpt", "421 4.7.0 slow down", Retry, FREE_SLOW),
    ("rcpt", "421 4.7.28 rate", Retry, FREE_SLOW),
    ("rcpt", "421 4.3.2 shutting down", Retry, FREE),
    ("rcpt", "452 4.5.3 too many recipients", Retry, FREE),
    ("rcpt", "503 out of order", Retry, FREE),
    ("data", "451 4.3.0 later", Retry, SOFT),
    ("data", "554 5.7.1 no", Failed, POLICY),
    ("data", "421 leaving", Retry, FREE_SLOW),
    ("dot", "451 4.7.1 wait", Retry, GREY),
    ("dot", "452 4.3.1 no space", Retry, SOFT),
    ("dot", "421 4.3.2 leaving", Retry, SLOW),
    ("dot", "421 4.7.0 later", Retry, FREE_SLOW),
    ("dot", "451 4.7.500 server busy", Retry, FREE_SLOW),
    ("dot", "535 5.7.8 no", Failed, POLICY),
    ("dot", "554 5.7.1 spam", Failed, POLICY),
    ("dot", "552 5.3.4 too big", Failed, POLICY),
    ("dot", "552 too big", Failed, POLICY),
    ("dot", "552 5.2.2 full", Retry, FULL),
    ("dot", "250 2.0.0 queued as 42", Accepted, {}),
    ("dot", "200 fine", Accepted, {}),
]


@pytest.mark.fault(73)
@PIPELINING
@pytest.mark.parametrize(("point", "reply", "kind", "attributes"), REPLIES)
def test_reply_decides(
    point: str, reply: str, kind: type, attributes: dict[str, object], pipelining: bool
) -> None:
    outcome = send(Script(pipelining=pipelining).when(point, say(reply)))
    assert isinstance(outcome, kind)
    assert {name: getattr(outcome, name) for name in attributes} == attributes
    if not isinstance(outcome, Accepted) and "out of order" not in reply:
        assert outcome.phase == Phase.FINAL if point == "dot" else Phase(point)
        assert reply in outcome.error
        assert f"{outcome.reply.code} {outcome.reply.text}" == reply
    if "too big" in reply and isinstance(outcome, Failed):
        assert f"{len(DATA)} bytes" in outcome.error


@pytest.mark.parametrize("point", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("reply", ["530 5.7.0 log in", "535 5.7.8 bad", "534 5.7.9 weak"])
def test_answer_about_our_login_is_configuration(point: str, reply: str) -> None:
    with pytest.raises(SmtpUnavailableError) as caught:
        send(Script().when(point, say(reply)))
    assert caught.value.configuration
    assert caught.value.phase == Phase(point)


def test_421_at_mail_on_a_new_connection_is_the_servers_fault() -> None:
    with pytest.raises(SmtpUnavailableError) as caught:
        send(Script().when("mail", say("421 closing")))
    assert (caught.value.phase, caught.value.configuration) == (Phase.MAIL, False)


def test_521_at_mail_is_a_host_that_takes_no_mail() -> None:
    with pytest.raises(SmtpUnavailableError, match="takes no mail at all") as caught:
        send(Script().when("mail", say("521 mx.example.org does not accept mail")))
    assert caught.value.configuration


def test_error_is_one_line_without_the_address() -> None:
    lines = ("550-5.1.1 <to@example.org>: unknown", "550 5.1.1 ask \x1b[1mpostmaster\x00")
    outcome = send(Script().when("rcpt", say(*lines)))
    assert isinstance(outcome, Failed)
    assert "t***@example.org" in outcome.error
    assert "to@example.org" not in outcome.error
    assert outcome.error.isprintable()
    assert "\x00" not in outcome.reply.text
