"""A server's limits on us: connections, pace and quota are no fault of the e-mail."""

import pytest

from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Outcome, Reply, Retry
from postroom.mailer.smtp.reply import crowded
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

DATA = b"Subject: hello\r\n\r\nGood day\r\n"
TO = "to@example.org"
# Where a refusal may come, in a dialogue and in one write.
POINTS = [(point, False) for point in ("mail", "rcpt", "data", "dot")]
POINTS += [(point, True) for point in ("mail", "rcpt", "dot")]

CROWDED = [
    "432 4.3.2 Concurrent connections limit exceeded. Visit https://example.org/help",
    "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    "421 4.7.0 Too many concurrent SMTP connections; please try again later",
    "421 Too many connections from your IP",
    "421 4.3.2 Maximum number of connections from user+IP exceeded "
    "(mail_max_userip_connections=10)",
    "421 4.7.0 mx.example.org Error: too many connections from unknown[192.0.2.1]",
    "421 4.7.0 mx.example.org Error: too many new TLS sessions from unknown[192.0.2.1]",
    "421 mx.example.org: Too many concurrent SMTP connections; please try again later",
    "421 4.3.2 Connection rate limit exceeded.",
    "421 RP-002 Your server has exceeded the connection limit allowed.",
    "421 4.7.0 Connections from 192.0.2.1 exceed limit",
    "450 4.7.1 Session limit reached",
    "452 too many connections",
    "550 maximum concurrent sessions reached",
    "554 5.7.0 Too many open connections",
]
NOT_CROWDED = [
    "250 too many connections",
    "421 4.4.2 Connection timed out",
    "421 4.7.0 Error: too many errors",
    "421 Max message per connection reached, closing transmission channel",
    "421 Too many bad commands this session",
    "421 message per session limit reached",
    "421 too many messages in one connection",
    "450 4.7.1 Error: too many recipients from 192.0.2.1",
    "452 4.5.3 too many recipients",
    "454 Throttling failure: Maximum sending rate exceeded",
    "550 5.1.1 <too many connections@example.org>: unknown",
    '550 5.1.1 "too many connections"@example.org: unknown',
    "554 5.4.6 Too many hops",
]


def reply(line: str) -> Reply:
    return Reply(int(line[:3]), line[4:])


def second(script: Script, *, at_once: bool) -> Outcome:
    """The outcome of the second e-mail of a session; the server keeps to `script` from then on."""
    with ScriptedServer(Script(chunking=at_once)) as server:
        settings = SmtpSettings("127.0.0.1", server.port, timeout=20, final_timeout=20)
        session = Session(settings)
        try:
            for server.script in (Script(chunking=at_once), script):
                sent = session.send("from@example.org", [TO], DATA, at_once=at_once)
        finally:
            session.close()
        assert server.connections == 1
    return sent[TO]


@pytest.mark.parametrize("line", CROWDED)
def test_too_many_connections_are_told_from_other_answers(line: str) -> None:
    assert crowded(reply(line))
    assert crowded(reply(f"{line[:3]} {line[4:].upper()}"))


@pytest.mark.parametrize("line", NOT_CROWDED)
def test_other_limits_are_not_about_connections(line: str) -> None:
    assert not crowded(reply(line))


def test_words_of_a_reply_of_many_lines_belong_together() -> None:
    assert crowded(Reply(421, "4.7.0 Too many\n4.7.0 connections from you"))


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
    outcome = second(script, at_once=at_once)
    assert isinstance(outcome, Retry)
    assert (outcome.crowded, outcome.burns, outcome.slow_down) == (True, False, False)
