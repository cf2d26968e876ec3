"""A server's limits on us: connections, pace and quota are no fault of the e-mail."""

import pytest

from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Accepted, Outcome, Phase, Retry
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
TO = "to@example.org"
# Where a refusal may come, in a dialogue and in one write.
POINTS = [(point, False) for point in ("mail", "rcpt", "data", "dot")]
POINTS += [(point, True) for point in ("mail", "rcpt", "dot")]


def second(script: Script, *recipients: str, at_once: bool) -> dict[str, Outcome]:
    """Outcomes of the second e-mail of a session; the server keeps to `script` from then on."""
    with ScriptedServer(Script(chunking=at_once)) as server:
        settings = SmtpSettings("127.0.0.1", server.port, timeout=20, final_timeout=20)
        session = Session(settings)
        try:
            for server.script in (Script(chunking=at_once), script):
                sent = session.send("f@example.org", recipients or [TO], DATA, at_once=at_once)
        finally:
            session.close()
        assert server.connections == 1
        assert len(server.accepted) == 1 + (Accepted in map(type, sent.values()))
    return sent


@pytest.mark.parametrize("point", ["connect", "ehlo", "starttls", "auth"])
@pytest.mark.parametrize("line", ["421 4.7.0 Too many connections", "554 too many sessions"])
def test_crowded_server_before_mail_is_a_limit_and_no_outage(point: str, line: str) -> None:
    script = Script(starttls=point == "starttls", auth="PLAIN").when(point, say(line))
    settings = {"username": "ann", "password": "s3cret", "use_tls": point == "starttls"}
    with ScriptedServer(script) as server:
        session = Session(SmtpSettings("127.0.0.1", server.port, timeout=20, **settings))  # type: ignore[arg-type]
        with pytest.raises(SmtpUnavailableError) as caught:
            session.probe()
    assert (caught.value.crowded, caught.value.configuration) == (True, False)


@pytest.mark.parametrize(("point", "at_once"), POINTS)
@pytest.mark.parametrize("code", [421, 432, 452, 550, 554])
def test_crowded_server_costs_no_attempt_and_slows_nothing(
    point: str, code: int, at_once: bool
) -> None:
    script = Script(chunking=at_once).when(point, say(f"{code} Too many connections"))
    outcome = second(script, at_once=at_once)[TO]
    assert isinstance(outcome, Retry)
    assert (outcome.crowded, outcome.burns, outcome.slow_down) == (True, False, False)


PACE = [
    "421 4.7.0 Try again later, closing connection.",
    "432 4.3.2 System not accepting messages",
    "450 4.3.2 Service currently unavailable",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1].",
    "454 Throttling failure: Daily message quota exceeded",
]


@pytest.mark.parametrize(("point", "at_once"), POINTS)
@pytest.mark.parametrize("line", PACE)
def test_too_fast_costs_no_attempt_and_slows_all(line: str, point: str, at_once: bool) -> None:
    outcome = second(Script(chunking=at_once).when(point, say(line)), at_once=at_once)[TO]
    assert isinstance(outcome, Retry)
    assert (outcome.burns, outcome.slow_down, outcome.crowded) == (False, True, False)
    assert outcome.phase == (Phase.FINAL if point == "dot" else Phase(point))


STOPS = [
    "450 4.7.1 <3f2a>: Helo command rejected: Host not found",
    "454 4.7.1 <to@example.org>: Relay access denied",
    "504 5.5.2 <3f2a>: Helo command rejected: need fully-qualified hostname",
    "550 5.4.5 Daily sending quota exceeded",
    "550 5.7.0 Too many messages",
    "554 5.7.0 Try again later",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using rbl.example.org",
]


@pytest.mark.parametrize(("point", "at_once"), POINTS)
@pytest.mark.parametrize("line", STOPS)
def test_what_an_operator_must_see_stops_the_mailer_and_fails_no_email(
    line: str, point: str, at_once: bool
) -> None:
    with pytest.raises(SmtpUnavailableError) as caught:
        second(Script(chunking=at_once).when(point, say(line)), at_once=at_once)
    assert (caught.value.configuration, caught.value.crowded) == (True, False)
    assert caught.value.phase == (Phase.FINAL if point == "dot" else Phase(point))
    assert caught.value.see
    assert str(caught.value.reply.code) in caught.value.error


@pytest.mark.parametrize("line", ["503 5.5.1 Authentication required", "432 4.7.12 new password"])
def test_login_that_is_wanted_is_known_by_its_words(line: str) -> None:
    with pytest.raises(SmtpUnavailableError) as caught:
        second(Script().when("mail", say(line)), at_once=False)
    assert caught.value.configuration


def test_refusal_of_us_in_one_write_does_not_hide_what_was_accepted() -> None:
    denied = Script(chunking=True).when("rcpt", say("554 Relay access denied"), recipient="b@b.org")
    outcomes = second(denied, "a@a.org", "b@b.org", at_once=True)
    assert isinstance(outcomes["a@a.org"], Accepted)
    refused = outcomes["b@b.org"]
    assert isinstance(refused, Retry)
    assert not refused.burns


def test_refusal_of_us_in_one_write_stops_the_mailer_if_nothing_was_accepted() -> None:
    denied = Script(chunking=True).when("rcpt", say("554 Relay access denied"), recipient="b@b.org")
    denied = denied.when("rcpt", say("550 5.1.1 unknown"), recipient="a@a.org")
    with pytest.raises(SmtpUnavailableError) as caught:
        second(denied, "a@a.org", "b@b.org", at_once=True)
    assert caught.value.configuration


@pytest.mark.parametrize(
    "line", ["421 too many messages in one connection", "452 Max mails per session"]
)
def test_connection_that_has_carried_enough_is_replaced_at_once(line: str) -> None:
    script = Script().when("mail", say(line), transaction=2)
    with ScriptedServer(script) as server:
        session = Session(SmtpSettings("127.0.0.1", server.port, timeout=20, final_timeout=20))
        for _ in range(2):
            assert isinstance(session.send("f@example.org", [TO], DATA)[TO], Accepted)
        session.close()
    assert server.connections == 2
