"""Banner, EHLO, HELO and NOOP: what the mailer says, and what it makes of the answers."""

import pytest

from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Accepted, Outcome, Phase, Reply
from postroom.mailer.smtp.ehlo_name import address_literal, checked_name, own_domain
from postroom.mailer.smtp.features import Features, offered
from postroom.mailer.smtp.session import SmtpSettings
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import Script, ScriptedServer, say

LONG = "x" * 63
TO = "to@example.org"


def session_to(server: ScriptedServer, **other: object) -> Session:
    known = {"host": "127.0.0.1", "port": server.port, "timeout": 20.0}
    return Session(SmtpSettings(**(known | other)))  # type: ignore[arg-type]


def refusal(script: Script, **other: object) -> SmtpUnavailableError:
    with ScriptedServer(script) as server, pytest.raises(SmtpUnavailableError) as caught:
        session_to(server, **other).probe()
    return caught.value


def send(session: Session) -> Outcome:
    return session.send("from@example.org", [TO], b"Subject: x\r\n\r\nx\r\n")[TO]


# --- the name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("mail.example.org", "mail.example.org"),
        ("mail.example.org.", "mail.example.org"),
        (" localhost ", "localhost"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]"),
        (f"{LONG}.example", f"{LONG}.example"),
        ("4u.example.org", "4u.example.org"),
    ],
)
def test_name_is_a_domain_or_an_address_literal(given: str, name: str) -> None:
    assert checked_name(given) == name


@pytest.mark.parametrize(
    "given",
    [
        "",
        "192.0.2.1",
        "2001:db8::1",
        "[2001:db8::1]",
        "[192.0.2]",
        "[IPv6:192.0.2.1]",
        "[IPv6:fe80::1%eth0]",
        "[mail.example.org]",
        "my_host.example.org",
        "-a.example.org",
        "a..example.org",
        "a b.example.org",
        "a.example.org\r\nMAIL FROM:<x@example.org>",
        f"{LONG}x.example",
        f"{LONG}.{LONG}.{LONG}.{LONG}.example",
        "ü..example",
        "bücher.example",
    ],
)
def test_other_names_are_refused_with_what_to_write(given: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|must)"):
        checked_name(given)


@pytest.mark.parametrize(
    ("full", "own"),
    [
        ("mail.example.org", "mail.example.org"),
        ("3f2a9c0b1d", ""),
        ("localhost", ""),
        ("localhost.localdomain", ""),
        ("1.0.0.127.in-addr.arpa", ""),
        ("my_host.example.org", ""),
        ("192.0.2.1", ""),
    ],
)
def test_machine_has_a_domain_name_or_none(
    monkeypatch: pytest.MonkeyPatch, full: str, own: str
) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: full)
    assert own_domain() == own


@pytest.mark.parametrize(
    ("address", "literal"),
    [
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("::ffff:192.0.2.1", "[192.0.2.1]"),
    ],
)
def test_address_literal(address: str, literal: str) -> None:
    assert address_literal(address) == literal


def test_mailer_without_a_domain_name_gives_its_own_address() -> None:
    with ScriptedServer() as server:
        session = session_to(server)
        session.probe()
        session.close()
    assert server.commands[0] == "EHLO [127.0.0.1]"


@pytest.mark.parametrize("line", ["501 Syntactically invalid EHLO argument(s)", "504 no"])
def test_refused_name_is_configuration(line: str) -> None:
    error = refusal(Script().when("ehlo", say(line)))
    assert (error.phase, error.configuration, error.see) == (Phase.CONNECT, True, "EMAIL_EHLO_NAME")


@pytest.mark.parametrize(
    ("line", "configuration"),
    [
        ("554 5.7.1 Client host [192.0.2.1] blocked using rbl.example.org", True),
        ("550 5.7.1 Helo command rejected: Access denied", True),
        ("554 go away", False),
        ("421 4.3.2 not now", False),
    ],
)
@pytest.mark.parametrize("point", ["connect", "ehlo"])
def test_refusal_by_banner_or_greeting(point: str, line: str, configuration: bool) -> None:
    error = refusal(Script().when(point, say(line)))
    assert (error.phase, error.configuration) == (Phase.CONNECT, configuration)


# --- servers that know little


@pytest.mark.parametrize("code", [500, 502])
def test_server_without_ehlo_is_greeted_by_helo_and_offers_nothing(code: int) -> None:
    script = Script(size=5).when("ehlo", say(f"{code} unknown command"))
    with ScriptedServer(script) as server:
        session = session_to(server, ehlo_name="mail.example.org")
        assert isinstance(send(session), Accepted)
        session.close()
    assert server.commands[:2] == ["EHLO mail.example.org", "HELO mail.example.org"]
    assert server.transactions[0].parameters == ""


def test_helo_never_replaces_the_encryption_or_login_that_is_set() -> None:
    script = Script(auth="PLAIN", starttls=True).when("ehlo", say("502 what?"))
    assert refusal(script, use_tls=True).phase == Phase.TLS
    assert refusal(script, username="ann", password="s3cret").phase == Phase.AUTH


@pytest.mark.parametrize(("code", "good"), [(250, True), (500, True), (502, True), (421, False)])
def test_server_without_noop_is_there_as_well(code: int, good: bool) -> None:
    with ScriptedServer(Script().when("noop", say(f"{code} NOOP?"))) as server:
        session = session_to(server)
        if good:
            session.probe()
            assert isinstance(send(session), Accepted)
        else:
            with pytest.raises(SmtpUnavailableError):
                session.probe()
        session.close()
    assert server.connections == 1


# --- offers


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("SIZE 1000", 1000),
        ("size 1000 or so", 1000),
        ("SIZE", 0),
        ("SIZE 0", 0),
        ("SIZE " + "9" * 20, int("9" * 20)),
        ("SIZE " + "9" * 5000, 0),
        ("SIZE -1", 0),
        ("SIZE 1e3", 0),
        ("SIZE ١٢", 0),
        ("SIZE ²", 0),
        ("SIZES 1", None),
    ],
)
def test_size_is_a_number_of_twenty_digits_at_most(line: str, size: int | None) -> None:
    assert offered(Reply(250, f"here\n{line}")).size == size


def test_offers_are_read_from_lines_of_any_form() -> None:
    text = "PIPELINING\n\n   \nAUTH PLAIN\nauth login\nCHUNKING x y\n=\nSTARTTLS\nsmtputf8"
    assert offered(Reply(250, text)) == Features(
        smtputf8=True, chunking=True, starttls=True, auth=frozenset({"PLAIN", "LOGIN"})
    )


def test_server_with_a_size_of_five_thousand_digits_takes_mail() -> None:
    offers = say("250-here", "250-SIZE " + "9" * 5000, "250 PIPELINING")
    with ScriptedServer(Script().when("ehlo", offers)) as server:
        session = session_to(server)
        assert isinstance(send(session), Accepted)
        session.close()
