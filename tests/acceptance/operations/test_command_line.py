"""What the mailer's command line tells: `check`, `topology`, and wrong settings."""

import os
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from postroom.shared.broker import topology
from postroom.shared.status import Status
from tests.support.acceptance.mailer_probes import CLOSED, changed, run
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Rule, Script, ScriptedServer, say

# --- postroom-mailer check


def test_check_says_that_everything_can_be_used(system: System) -> None:
    code, text = run(system, "check")
    assert (code, text.count("ok "), text.count("FAIL")) == (0, 4, 0), text
    assert "queues will be declared at the start" in text
    assert run(system, "topology", "apply")[0] == 0
    code, text = run(system, "check")
    assert code == 0
    assert "exchange and queues exist" in text


NO_QUEUES = {"RABBITMQ_TOPOLOGY": "verify"}
AWAY: dict[str, tuple[str, Callable[[System], dict[str, Any]], str]] = {
    "database away": (
        "database",
        lambda s: {"DATABASE_URL": changed(s.database_url, port=CLOSED)},
        "DATABASE_URL",
    ),
    "database password wrong": (
        "database",
        lambda s: {"DATABASE_URL": changed(s.database_url, password="wrong")},
        "password authentication failed",
    ),
    "database without tables": (
        "database",
        lambda s: {"DATABASE_URL": changed(s.database_url, path="/postgres")},
        "manage.py migrate",
    ),
    "RabbitMQ away": (
        "RabbitMQ",
        lambda s: {"RABBITMQ_URL": changed(s.broker.url, port=CLOSED)},
        "RABBITMQ_URL",
    ),
    "RabbitMQ password wrong": (
        "RabbitMQ",
        lambda s: {"RABBITMQ_URL": changed(s.broker.url, password="wrong")},
        "RABBITMQ_URL",
    ),
    "queues missing and not ours to make": (
        "RabbitMQ",
        lambda _: NO_QUEUES,
        "postroom-mailer topology apply",
    ),
    "SMTP away": ("SMTP", lambda _: {"EMAIL_PORT": CLOSED}, "EMAIL_PORT"),
    "SMTP password wrong": (
        "SMTP",
        lambda _: {"EMAIL_HOST_USER": "us", "EMAIL_HOST_PASSWORD": "wrong"},
        "EMAIL_HOST_PASSWORD",
    ),
}


@pytest.mark.parametrize("name", AWAY)
def test_check_names_what_is_away_and_what_to_look_at(
    system: System, smtp: ScriptedServer, name: str
) -> None:
    smtp.script = Script(auth="PLAIN", rules=(Rule("auth", say("535 5.7.8 wrong")),))
    system.catcher = smtp
    part, environment, advice = AWAY[name]
    code, text = run(system, "check", **environment(system))
    assert code == 1, text
    (trouble,) = [line for line in text.splitlines() if line.startswith("FAIL")]
    assert f"{part}: " in trouble
    assert advice in trouble
    assert text.count("ok ") == 3, "the others are shown as well"
    assert "Traceback" not in text
    for url in (system.database_url, system.broker.url):
        assert (urlsplit(url).password or "?") not in text


def test_check_asks_for_an_address_and_sends_nothing(system: System, smtp: ScriptedServer) -> None:
    smtp.script = Script(auth="PLAIN").when("rcpt", say("554 5.7.1 Relay access denied"))
    system.catcher = smtp
    office = {"DEFAULT_FROM_EMAIL": "Office <office@example.org>"}
    code, text = run(system, "check", **office)
    assert code == 0
    assert "EMAIL_HOST_USER is not set" in text
    code, text = run(system, "check", "--to", "someone@example.org", **office)
    assert code == 1
    (trouble,) = [line for line in text.splitlines() if line.startswith("FAIL")]
    assert "554" in trouble
    assert "EMAIL_HOST_USER" in trouble
    assert not smtp.accepted


# --- postroom-mailer topology


def test_topology_is_told_missing_then_made_then_found(system: System) -> None:
    code, text = run(system, "topology", "check")
    assert code == 1
    assert "postroom-mailer topology apply" in text
    assert run(system, "topology", "apply")[0] == 0
    for _ in range(2):
        code, text = run(system, "topology", "check")
        assert code == 0
        assert all(queue in text for queue in (*topology.QUEUES.values(), topology.DEAD_QUEUE))
    assert run(system, "topology", "apply")[0] == 0


@pytest.mark.fault(11)
def test_queue_with_other_arguments_is_told_in_one_sentence_with_the_cure(system: System) -> None:
    queue = "email_notifications.high"
    with system.broker._channel() as channel:
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "classic"})
    for what in ("apply", "check"):
        code, text = run(system, "topology", what)
        assert code == 1
        (sentence,) = text.splitlines()
        assert f"'{queue}'" in sentence
        assert "postroom-mailer topology apply" in sentence
    mailer, relay = system.start_mailer(), system.start_relay()
    for program in (mailer, relay):
        system.queue(priority="high")
        program.wait_for_log("lane_unavailable")
        assert program.running, "it waits for whoever mends it"
        reported = program.logged("lane_unavailable")[0]
        assert reported["lane"] == "high"
        assert "delete_queue" in reported["error"]
        assert queue in reported["error"]
        assert shortest_rest(program) >= 0.1, "it must not hammer the broker"
    system.broker.delete(queue)
    assert run(system, "topology", "apply")[0] == 0
    system.wait_until_settled()
    assert set(system.statuses()) == {Status.COMPLETED}


def shortest_rest(program: Program) -> float:
    """Seconds between two tries."""
    program.wait_for_log("lane_unavailable", times=4)
    lines = program.logged("lane_unavailable")
    times = [datetime.fromisoformat(line["timestamp"]) for line in lines]
    return min((b - a).total_seconds() for a, b in pairwise(times))


# --- wrong settings

WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no database": ("DATABASE_URL", {"DATABASE_URL": ""}),
    "a database of another kind": ("DATABASE_URL", {"DATABASE_URL": "mysql://a:b@localhost/c"}),
    "a broker of another kind": ("RABBITMQ_URL", {"RABBITMQ_URL": "redis://localhost"}),
    "port": ("EMAIL_PORT", {"EMAIL_PORT": "smtp"}),
    "port too high": ("EMAIL_PORT", {"EMAIL_PORT": "70000"}),
    "EHLO name": ("EMAIL_EHLO_NAME", {"EMAIL_EHLO_NAME": "my host"}),
    "two kinds of TLS": ("EMAIL_USE_SSL", {"EMAIL_USE_TLS": "1", "EMAIL_USE_SSL": "1"}),
    "no sender": ("MAILER_CONCURRENCY", {"MAILER_CONCURRENCY": "0"}),
    "timeout": ("EMAIL_TIMEOUT", {"EMAIL_TIMEOUT": "soon"}),
    "endless": ("EMAIL_FINAL_TIMEOUT", {"EMAIL_FINAL_TIMEOUT": "inf"}),
    "policy": ("EMAIL_ON_UNKNOWN", {"EMAIL_ON_UNKNOWN": "guess"}),
    "topology": ("RABBITMQ_TOPOLOGY", {"RABBITMQ_TOPOLOGY": "maybe"}),
    "log level": ("LOG_LEVEL", {"LOG_LEVEL": "LOUD"}),
    "DKIM": (
        "DKIM_PRIVATE_KEY",
        {"DKIM_PRIVATE_KEY": "x", "DKIM_DOMAIN": "example.org", "DKIM_SELECTOR": "mail"},
    ),
    "a secret's file that is not there": (
        "EMAIL_HOST_PASSWORD_FILE",
        {"EMAIL_HOST_PASSWORD_FILE": "/no/such/file"},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_setting_ends_with_2_and_names_the_variable(tmp_path: Path, name: str) -> None:
    variable, values = WRONG[name]
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c",
        **values,
    }
    program = Program(
        "mailer", ["-m", "postroom.mailer", "run"], environment, tmp_path / "mailer.log"
    )
    assert program.wait() == 2
    (sentence,) = program.log.read_text().splitlines()
    assert variable in sentence
