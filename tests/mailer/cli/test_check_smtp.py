"""`postroom-mailer check` asks the SMTP server how far it takes an e-mail, and says what to do."""

from pathlib import Path

import pytest

from postroom.mailer.cli.check_smtp import check_smtp
from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import read_settings
from postroom.shared.env import Environment
from tests.support.smtp.scripted_server import Script, ScriptedServer, make_certificate, say

TO = "someone@example.org"
OFFICE = "Office <office@example.org>"


def check(server: ScriptedServer, *, to: str = "", **environment: str) -> str:
    """The sentence of the check, or of what does not work."""
    known = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": str(server.port),
        "EMAIL_TIMEOUT": "20",
        "DEFAULT_FROM_EMAIL": OFFICE,
    }
    try:
        return "ok: " + check_smtp(read_settings(Environment(known | environment)), to)
    except CheckFailedError as failure:
        return f"FAIL: {failure}"


def verbs(server: ScriptedServer) -> list[str]:
    return [command.partition(" ")[0] for command in server.commands]


def test_sender_is_tried_and_recipient_if_one_is_given_and_nothing_is_sent() -> None:
    with ScriptedServer(Script(size=5)) as server:
        assert check(server).endswith("takes mail from office@example.org")
        assert verbs(server) == ["EHLO", "MAIL", "RSET", "QUIT"]
        server.commands.clear()
        assert check(server, to=TO).endswith(f"takes mail from office@example.org to {TO}")
        assert server.commands[1:3] == [
            "MAIL FROM:<office@example.org> SIZE=0",
            f"RCPT TO:<{TO}>",
        ]
        assert verbs(server)[3:] == ["RSET", "QUIT"]
        assert not server.accepted


def test_sender_that_is_not_known_is_the_login_or_the_address_given() -> None:
    with ScriptedServer(Script(auth="PLAIN")) as server:
        login = {"EMAIL_HOST_USER": "ann@example.org", "EMAIL_HOST_PASSWORD": "s3cret"}
        found = check(server, DEFAULT_FROM_EMAIL="", **login)
        assert found.endswith("logged in as ann@example.org, takes mail from ann@example.org")
        assert "s3cret" not in found
        assert (
            check(server, to=TO, DEFAULT_FROM_EMAIL="").partition(";")[0].endswith(f"{TO} to {TO}")
        )
        server.commands.clear()
        assert check(server, DEFAULT_FROM_EMAIL="").startswith("ok: localhost:")
        assert verbs(server) == ["EHLO", "RSET", "QUIT"]


def test_login_that_is_offered_and_not_set_is_named() -> None:
    with ScriptedServer(Script(auth="PLAIN")) as server:
        found = check(server)
    assert found.startswith("ok: ")
    assert "EMAIL_HOST_USER is not set" in found
    assert "check --to" in found
    with ScriptedServer() as server:
        assert "EMAIL_HOST_USER" not in check(server)


@pytest.mark.parametrize(
    ("point", "line", "advice"),
    [
        ("rcpt", "554 5.7.1 <someone@example.org>: Relay access denied", "EMAIL_HOST_USER"),
        ("rcpt", "454 4.7.1 Relay access denied", "EMAIL_HOST_PASSWORD"),
        ("rcpt", "504 5.5.2 <3f2a>: Helo command rejected", "EMAIL_EHLO_NAME"),
        ("ehlo", "501 Syntactically invalid EHLO argument(s)", "EMAIL_EHLO_NAME"),
        ("mail", "550 5.7.1 Client host [192.0.2.1] blocked using rbl.example.org", "operator"),
        ("mail", "530 5.7.0 Authentication required", "EMAIL_HOST_USER"),
        ("mail", "550 5.4.5 Daily sending quota exceeded", "limits of your provider"),
        ("mail", "553 5.1.8 bad sender", "DEFAULT_FROM_EMAIL"),
        ("rcpt", "550 5.1.1 no such user", "--to"),
        ("rcpt", "451 4.7.1 Greylisted", "tried again"),
        ("connect", "421 Too many connections", "MAILER_CONCURRENCY"),
        ("connect", "554 go away", "EMAIL_HOST and EMAIL_PORT"),
        ("mail", "421 leaving", "EMAIL_HOST and EMAIL_PORT"),
    ],
)
def test_refusal_names_what_to_look_at(point: str, line: str, advice: str) -> None:
    with ScriptedServer(Script().when(point, say(line))) as server:
        found = check(server, to=TO)
        assert not server.accepted
    assert found.startswith("FAIL: ")
    assert line[:3] in found
    assert advice in found.rpartition("(")[2] or advice == "tried again"
    assert advice in found


def test_certificate_that_is_not_trusted_names_the_file_of_authorities(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with ScriptedServer(Script(implicit_tls=True, certificate=certificate)) as server:
        found = check(server, EMAIL_USE_SSL="1")
        assert "EMAIL_CA_FILE" in found
        assert "EMAIL_HOST_PASSWORD" not in found
        trusted = check(server, EMAIL_USE_SSL="1", EMAIL_CA_FILE=str(certificate[0]))
    assert trusted.startswith("ok: ")


def test_port_without_tls_names_the_settings_of_tls() -> None:
    with ScriptedServer() as server:
        assert "EMAIL_USE_TLS, EMAIL_USE_SSL and EMAIL_PORT" in check(server, EMAIL_USE_SSL="1")


@pytest.mark.parametrize(
    ("to", "sender", "named"),
    [("someone", OFFICE, "name@example.org"), (TO, "nobody", "DEFAULT_FROM_EMAIL")],
)
def test_address_that_is_none_is_refused_before_the_server_is_asked(
    to: str, sender: str, named: str
) -> None:
    with ScriptedServer() as server:
        found = check(server, to=to, DEFAULT_FROM_EMAIL=sender)
        assert not server.commands
    assert found.startswith("FAIL: ")
    assert named in found


def test_international_domain_of_the_address_is_asked_as_xn() -> None:
    with ScriptedServer() as server:
        assert check(server, to="a@bücher.example").startswith("ok: ")
    assert "RCPT TO:<a@xn--bcher-kva.example>" in server.commands
