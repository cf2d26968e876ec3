"""What health checks ask: `/healthz`, `/readyz`, `check_heartbeat`, `docker/probe.py`."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone

from dev.keeper import ROOT
from dev.mailbox import Mailbox
from dev.mailbox_page import serve_page
from dev.processes import free_ports
from postroom.web.emails.heartbeat import HeartbeatWriter
from postroom.web.emails.models import Heartbeat as Row


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probe_asks_by_address_and_in_clear_text(client: Client, path: str) -> None:
    with override_settings(ALLOWED_HOSTS=["example.org"], SECURE_SSL_REDIRECT=True):
        assert client.get(path, headers={"host": "10.0.0.7:8000"}).json() == {"status": "ok"}
        assert client.get("/", headers={"host": "example.org"}).status_code == 301
    with override_settings(ALLOWED_HOSTS=["example.org"]):
        assert client.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.fixture
def pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """This host's name from the environment; its own name counts as well."""
    monkeypatch.setenv("POD_NAME", "relay-7f")
    monkeypatch.delenv("HOSTNAME", raising=False)


@pytest.mark.django_db
@pytest.mark.usefixtures("pod")
@pytest.mark.parametrize("host", ["relay-7f", socket.gethostname()])
def test_relay_of_this_host_is_alive(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    HeartbeatWriter("relay", f"{host}:7").beat("RabbitMQ cannot be used")
    call_command("check_heartbeat", "relay")
    assert capsys.readouterr().out == "The relay on this host is running.\n"


@pytest.mark.django_db
@pytest.mark.usefixtures("pod")
@pytest.mark.parametrize(
    ("kind", "name", "seconds"),
    [("scheduler", "relay-7f:7", 0), ("relay", "relay-7f0:7", 0), ("relay", "relay-7f:7", 31)],
    ids=["another kind", "another host", "silent"],
)
def test_no_other_process_counts(kind: str, name: str, seconds: int) -> None:
    HeartbeatWriter(kind, name).beat("running")
    Row.objects.update(last_seen_at=timezone.now() - timedelta(seconds=seconds))
    with pytest.raises(CommandError, match="No relay on this host has reported for 30 s"):
        call_command("check_heartbeat", "relay")


def test_database_that_is_away_is_said_in_one_line() -> None:
    (port,) = free_ports(1)
    done = subprocess.run(
        [sys.executable, "manage.py", "check_heartbeat", "scheduler"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/none"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "Cannot query the database: " in line


def probe(port: int, path: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ROOT / "docker/probe.py", str(port), path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


def test_probe_prints_the_answer_and_ends_with_what_it_means(mailbox: Mailbox) -> None:
    with serve_page(mailbox) as port:
        assert probe(port, "/api/messages") == (0, "200 []\n")
        code, words = probe(port, "/nothing")
        assert (code, words[:4]) == (1, "404 ")
    code, words = probe(port, "/")
    assert code == 1
    assert words.startswith(f"No answer from port {port}: ")
