"""TLS is demanded and checked, and the password goes only where nobody can read along."""

import base64
from pathlib import Path

import pytest

from postroom.mailer.errors import SmtpUnavailableError
from postroom.mailer.outcomes.outcome import Accepted, Phase
from postroom.mailer.smtp.session import SmtpSettings
from postroom.mailer.smtp.wire import Wire
from tests.support.smtp.blocking_session import Session
from tests.support.smtp.scripted_server import (
    CLOSE,
    GARBAGE,
    HANG,
    Action,
    Script,
    ScriptedServer,
    make_certificate,
    say,
)

PLAIN = base64.b64encode(b"\0ann\0s3cret").decode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def settings(server: ScriptedServer, **other: object) -> SmtpSettings:
    known = {"host": "localhost", "port": server.port, "timeout": 20.0, "final_timeout": 20.0}
    return SmtpSettings(**(known | other))  # type: ignore[arg-type]


def refusal(script: Script, **other: object) -> SmtpUnavailableError:
    with ScriptedServer(script) as server:
        with pytest.raises(SmtpUnavailableError) as caught:
            Session(settings(server, **other)).probe()
        assert not any("AUTH" in command or PLAIN in command for command in server.commands[2:])
    return caught.value


@pytest.mark.parametrize("implicit", [True, False])
def test_mail_and_login_travel_encrypted(certificate: tuple[Path, Path], implicit: bool) -> None:
    script = Script(
        starttls=not implicit, implicit_tls=implicit, certificate=certificate, auth="LOGIN PLAIN"
    )
    login = {"username": "ann", "password": "s3cret", "ca_file": str(certificate[0])}
    with ScriptedServer(script) as server:
        session = Session(settings(server, use_ssl=implicit, use_tls=not implicit, **login))
        large = (b"x" * 78 + b"\r\n") * 30_000
        for data in (b"Subject: x\r\n\r\n", large):
            outcomes = session.send("f@example.org", ["t@example.org"], data)
            assert isinstance(outcomes["t@example.org"], Accepted)
        session.close()
    assert (server.connections, server.accepted[1].data) == (1, large)
    assert f"AUTH PLAIN {PLAIN}" in server.commands
    assert server.commands.count("STARTTLS") == (not implicit)


@pytest.mark.fault(70)
def test_certificate_for_another_name_or_of_nobody_known_is_configuration(
    certificate: tuple[Path, Path],
) -> None:
    script = Script(starttls=True, certificate=certificate)
    assert refusal(script, use_tls=True).configuration
    wrong = refusal(script, use_tls=True, ca_file=str(certificate[0]), host="127.0.0.1")
    assert (wrong.phase, wrong.configuration) == (Phase.TLS, True)
    assert "certificate" in wrong.error
    assert "EMAIL_CA_FILE" in wrong.see
    assert "EMAIL_HOST" in wrong.see


def test_missing_file_of_authorities_is_configuration(certificate: tuple[Path, Path]) -> None:
    script = Script(starttls=True, certificate=certificate)
    assert refusal(script, use_tls=True, ca_file="no/such/file.pem").configuration


@pytest.mark.fault(70)
@pytest.mark.parametrize(
    ("answer", "configuration"),
    [
        (say("454 4.7.0 TLS not available"), False),
        (say("502 no"), True),
        (say("220 go", "250 injected"), True),
        (say("220 go", "this is no TLS at all, whatever one may think of it"), True),
        (GARBAGE, False),
        (CLOSE, False),
    ],
)
def test_failed_starttls_never_falls_back_to_clear_text(
    certificate: tuple[Path, Path], answer: Action, configuration: bool
) -> None:
    script = Script(starttls=True, certificate=certificate, auth="PLAIN").when("starttls", answer)
    error = refusal(script, use_tls=True, username="ann", password="s3cret")
    assert (error.phase, error.configuration) == (Phase.TLS, configuration)


@pytest.mark.fault(70)
def test_starttls_that_is_not_offered_is_configuration() -> None:
    error = refusal(Script(auth="PLAIN"), use_tls=True, username="ann", password="s3cret")
    assert (error.phase, error.configuration) == (Phase.TLS, True)


@pytest.mark.fault(36)
def test_server_that_hangs_in_the_handshake_is_left() -> None:
    # A server that speaks plain text waits for a command, the client for its handshake.
    error = refusal(Script().when("connect", HANG), use_ssl=True, timeout=0.5)
    assert (error.phase, error.configuration) == (Phase.TLS, False)


CLEAR = [
    ("421 4.7.0 busy", False, False),
    ("421 Too many concurrent SMTP connections", False, True),
    ("554 5.7.1 Client host [192.0.2.1] blocked using rbl.example.org", True, False),
    ("220 mail.example.org ESMTP", True, False),
]


@pytest.mark.parametrize(("line", "configuration", "crowded"), CLEAR)
@pytest.mark.parametrize("when", ["banner", "handshake", "starttls"])
def test_clear_text_instead_of_tls_is_read_as_the_reply_it_is(
    certificate: tuple[Path, Path], when: str, line: str, configuration: bool, crowded: bool
) -> None:
    implicit = when == "handshake"
    script = Script(starttls=True, implicit_tls=implicit, certificate=certificate, auth="PLAIN")
    script = script.when("connect" if when == "banner" else "handshake", say(line))
    login = {"username": "ann", "password": "s3cret", "ca_file": str(certificate[0])}
    error = refusal(script, use_ssl=when != "starttls", use_tls=when == "starttls", **login)
    assert (error.configuration, error.crowded) == (configuration, crowded)
    assert f"{error.reply.code} {error.reply.text}" == line
    assert line in error.error
    connecting = when != "starttls" and not line.startswith("220")
    assert error.phase == (Phase.CONNECT if connecting else Phase.TLS)


@pytest.mark.parametrize("line", ["SSH-2.0-OpenSSH", "42 is no reply", "<html>"])
def test_clear_text_that_is_no_reply_ends_the_connection(
    certificate: tuple[Path, Path], line: str
) -> None:
    script = Script(implicit_tls=True, certificate=certificate).when("handshake", say(line))
    assert refusal(script, use_ssl=True).phase == Phase.TLS


@pytest.mark.parametrize(
    ("answer", "configuration"),
    [
        ("535 5.7.8 wrong", True),
        ("534 5.7.9 too weak", True),
        ("530 5.7.0 first TLS", True),
        ("504 5.5.4 unknown mechanism", True),
        ("454 4.7.0 directory down", False),
        ("421 busy", False),
    ],
)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "PLAIN LOGIN"])
def test_refused_login_is_tried_by_one_mechanism_only(
    mechanism: str, answer: str, configuration: bool
) -> None:
    with ScriptedServer(Script(auth=mechanism).when("auth", say(answer))) as server:
        session = Session(settings(server, username="ann", password="s3cret"))
        with pytest.raises(SmtpUnavailableError) as caught:
            session.probe()
    assert (caught.value.phase, caught.value.configuration) == (Phase.AUTH, configuration)
    assert "s3cret" not in caught.value.error
    assert sum(command.startswith("AUTH") for command in server.commands) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("password", ["s3cret", "long" * 200, "pässword"])
def test_login_succeeds(mechanism: str, password: str) -> None:
    with ScriptedServer(Script(auth=mechanism)) as server:
        session = Session(settings(server, username="ann", password=password))
        session.probe()
        session.close()
    reported = base64.b64decode(server.commands[-3].split()[-1])
    assert reported.endswith(password.encode())


def test_no_known_mechanism_is_configuration() -> None:
    error = refusal(Script(auth="GSSAPI NTLM"), username="ann", password="s3cret")
    assert (error.phase, error.configuration) == (Phase.AUTH, True)


@pytest.mark.fault(70)
def test_password_never_crosses_a_network_in_clear_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wire, "private", property(lambda wire: False))
    error = refusal(Script(auth="PLAIN LOGIN"), username="ann", password="s3cret")
    assert (error.phase, error.configuration) == (Phase.AUTH, True)
    assert "EMAIL_USE_TLS" in error.error


def test_settings_do_not_show_the_password() -> None:
    assert "s3cret" not in repr(SmtpSettings("localhost", 25, password="s3cret"))
