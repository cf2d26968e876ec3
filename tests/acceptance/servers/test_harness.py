"""The servers themselves: they keep their limits, deliver, reach nobody, and leave nothing.

Without these, a test of Postroom could pass on a server that limits nothing.
"""

import contextlib
import smtplib
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from dev.keeper import ROOT
from dev.mail_servers.settings import Kind
from dev.processes import ServiceError
from tests.acceptance.servers.conftest import Start
from tests.support.acceptance.mail_servers import Client
from tests.support.waits import wait_until

# What one connection too many gets, and in which phase.
REFUSALS = {
    ("postfix", "client"): ("connect", 421, "4.7.0 mail.example.test Error: too many connections"),
    ("exim", "client"): ("connect", 421, "Too many concurrent SMTP connections from this IP"),
    ("exim", "server"): ("connect", 421, "Too many concurrent SMTP connections; please try"),
    ("dovecot", "client"): ("auth", 0, ""),
    ("dovecot", "server"): ("auth", 0, ""),  # the first one after ten seconds
}


@pytest.mark.parametrize(("kind", "of"), REFUSALS)
def test_one_connection_too_many_is_refused_until_another_ends(
    mail_server: Start, kind: str, of: str
) -> None:
    server = mail_server(kind, limit=3, limit_of=of)
    with ExitStack() as stack:
        held = [stack.enter_context(Client(server)) for _ in range(3)]
        assert [client.begin()[0] for client in held] == ["ready"] * 3
        phase, code, text = REFUSALS[kind, of]
        refused = stack.enter_context(Client(server)).begin()
        assert refused[:2] == (phase, code)
        assert text in refused[2]
        held[0].quit()
        # The server counts the end of a connection a moment later.
        wait_until(lambda: stack.enter_context(Client(server)).begin()[0] == "ready")


def test_one_connection_too_many_waits_in_silence_until_another_ends(mail_server: Start) -> None:
    server = mail_server("postfix", limit=3, limit_of="server")
    with ExitStack() as stack:
        held = [stack.enter_context(Client(server)) for _ in range(3)]
        assert [client.begin()[0] for client in held] == ["ready"] * 3
        waiting = stack.enter_context(Client(server))
        waiting.connect_silently()
        assert not waiting.greeted(within=1)
        held[0].quit()
        assert waiting.greeted(within=60)


@pytest.mark.parametrize("kind", Kind)
def test_delivered_mail_lies_in_the_maildir_once_for_each_recipient(
    mail_server: Start, kind: Kind
) -> None:
    login = ("someone", "good-enough")
    server = mail_server(kind, login=None if kind is Kind.POSTFIX else login)
    text = "Subject: Hello\r\nMessage-ID: <1@example.test>\r\n\r\nHello.\r\n"
    with smtplib.SMTP("127.0.0.1", server.port, "client.example.test", timeout=60) as smtp:
        if server.settings.login:
            smtp.login(*login)
        smtp.sendmail("client@example.test", ["ann@example.org", "bob@example.net"], text)
    wait_until(lambda: len(server.mails()) == 2)
    assert sorted(mail.recipient for mail in server.mails()) == [
        "ann@example.org",
        "bob@example.net",
    ]
    assert all(b"<1@example.test>" in raw for raw in server.accepted())
    wait_until(lambda: not server.queued())


@pytest.mark.parametrize("kind", Kind)
def test_server_reaches_nobody(mail_server: Start, kind: Kind) -> None:
    server = mail_server(kind)
    (process,) = psutil.Process(server.running.pid).children()
    network = Path(f"/proc/{process.pid}/net")
    devices = (network / "dev").read_text().splitlines()[2:]
    assert [line.partition(":")[0].strip() for line in devices] == ["lo"]
    assert (network / "route").read_text().splitlines()[1:] == []


@pytest.mark.parametrize("kind", Kind)
def test_killed_server_starts_again_with_its_queue_on_the_same_port(
    mail_server: Start, kind: Kind
) -> None:
    server = mail_server(kind)
    before = psutil.Process(server.running.pid).children(recursive=True)
    server.kill()
    assert not [process for process in before if process.is_running()]
    with Client(server) as client:
        assert client.begin()[:2] == ("connect", 0)
    server.start()
    with Client(server) as client:
        assert client.begin()[0] == "ready"


@pytest.mark.parametrize("kind", Kind)
def test_server_ends_with_its_owner(can_run_servers: None, kind: Kind) -> None:
    command = [sys.executable, "-m", "dev.mail_servers", kind, "--limit", "1"]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with contextlib.closing(owner.stdout):
        words = [owner.stdout.readline()]
        while "Ctrl-C" not in words[-1]:
            assert words[-1], f"ended after {words}"
            words.append(owner.stdout.readline())
        folder = words[-1].partition(" in ")[2].partition("/mail/new")[0]
        family = psutil.Process(owner.pid).children(recursive=True)
        assert len(family) >= 4  # two of ours, two of the server
        owner.kill()
        owner.wait()
        wait_until(lambda: not [process for process in family if process.is_running()])
    assert folder not in Path("/proc/mounts").read_text()
    subprocess.run(["rm", "-r", folder], check=True)  # nobody was left to do it


@pytest.mark.parametrize(
    ("kind", "settings", "what"),
    [
        ("postfix", {"mails": 3}, "no limit of mails"),
        ("exim", {"greylist": True}, "no greylist"),
        ("dovecot", {"recipients": 2}, "limits connections"),
    ],
)
def test_what_a_server_cannot_do_is_refused(
    mail_server: Start, kind: str, settings: dict[str, object], what: str
) -> None:
    with pytest.raises(ServiceError, match=what):
        mail_server(kind, **settings)


def test_postfix_starts_with_what_a_killed_one_left_in_its_queue(mail_server: Start) -> None:
    server = mail_server("postfix")
    server.kill()
    (server.folder / "spool" / "incoming" / "733566.171").touch()  # postsuper warns of it
    server.start()
    with Client(server) as client:
        assert client.begin()[0] == "ready"
    assert "bogus file name" in server.log_tail(lines=1000)
