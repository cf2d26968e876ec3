"""What operators, systemd and Prometheus see of a mailer, and what its command line tells them."""

import json
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest

from dev.keeper import ROOT
from shared import topology
from shared.status import Status
from tests.acceptance.program import Program
from tests.acceptance.system import System
from tests.smtp_script import HANG, Rule, Script, ScriptedServer, say
from tests.waiting import wait_until

# --- python -m mailer check


def test_check_says_that_everything_can_be_used(system: System) -> None:
    code, text = run(system, "check")
    assert (code, text.count("ok "), text.count("TROUBLE")) == (0, 3, 0), text
    assert "queues will be declared at the start" in text
    assert run(system, "topology", "apply")[0] == 0
    code, text = run(system, "check")
    assert code == 0
    assert "exchange and queues are there" in text


def changed(url: str, **parts: Any) -> str:
    """The URL with another host, password or path."""
    old = urlsplit(url)
    password, port = parts.get("password", old.password), parts.get("port", old.port)
    netloc = f"{old.username}:{password}@{old.hostname}:{port}"
    return urlunsplit(old._replace(netloc=netloc, path=parts.get("path", old.path)))


CLOSED = 1  # nothing listens there
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
        "python -m mailer topology apply",
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
    (trouble,) = [line for line in text.splitlines() if line.startswith("TROUBLE")]
    assert f"{part}: " in trouble
    assert advice in trouble
    assert text.count("ok ") == 2, "the others are told as well"
    assert "Traceback" not in text
    for url in (system.database_url, system.broker.url):
        assert (urlsplit(url).password or "?") not in text


def run(system: System, *arguments: str, **environment: Any) -> tuple[int, str]:
    """Exit code and output of `python -m mailer ...`."""
    program = system.start(arguments[0], ["-m", "mailer", *arguments], **environment)
    code = program.wait()
    system.programs.remove(program)  # it was meant to end by itself
    return code, program.log.read_text()


# --- python -m mailer topology


def test_topology_is_told_missing_then_made_then_found(system: System) -> None:
    code, text = run(system, "topology", "check")
    assert code == 1
    assert "python -m mailer topology apply" in text
    assert run(system, "topology", "apply")[0] == 0
    for _ in range(2):
        code, text = run(system, "topology", "check")
        assert code == 0
        assert all(queue in text for queue in (*topology.QUEUES.values(), topology.DEAD_QUEUE))
    assert run(system, "topology", "apply")[0] == 0


def test_queue_with_other_arguments_is_told_in_one_sentence_with_the_cure(system: System) -> None:
    queue = "email_notifications.high"
    with system.broker._channel() as channel:
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "classic"})
    for what in ("apply", "check"):
        code, text = run(system, "topology", what)
        assert code == 1
        (sentence,) = text.splitlines()
        assert queue in sentence or what == "check"  # which is short of the other queues first
        assert "python -m mailer topology apply" in sentence
    mailer, relay = system.start_mailer(), system.start_relay()
    for program in (mailer, relay):
        system.queue()
        program.wait_for_log("broker_unavailable")
        assert program.running, "it waits for whoever mends it"
        told = program.logged("broker_unavailable")[0]["error"]
        assert "delete_queue" in told
        assert queue in told
        assert shortest_rest(program) >= 0.1, "it must not hammer the broker"
    system.broker.delete(queue)
    assert run(system, "topology", "apply")[0] == 0
    system.wait_until_settled()
    assert set(system.statuses()) == {Status.COMPLETED}


def shortest_rest(program: Program) -> float:
    """Seconds between two tries."""
    program.wait_for_log("broker_unavailable", times=4)
    lines = program.logged("broker_unavailable")
    times = [datetime.fromisoformat(line["timestamp"]) for line in lines]
    return min((b - a).total_seconds() for a, b in pairwise(times))


# --- wrong settings

WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "no database": ("DATABASE_URL", {"DATABASE_URL": ""}),
    "a database of another kind": ("DATABASE_URL", {"DATABASE_URL": "mysql://a:b@localhost/c"}),
    "a broker of another kind": ("RABBITMQ_URL", {"RABBITMQ_URL": "redis://localhost"}),
    "port": ("EMAIL_PORT", {"EMAIL_PORT": "smtp"}),
    "port too high": ("EMAIL_PORT", {"EMAIL_PORT": "70000"}),
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
    program = Program("mailer", ["-m", "mailer", "run"], environment, tmp_path / "mailer.log")
    assert program.wait() == 2
    (sentence,) = program.log.read_text().splitlines()
    assert variable in sentence


# --- health, heartbeat, systemd


def get(program: Program, path: str) -> tuple[int, str]:
    """Status and body of the mailer's own small web server."""
    program.wait_for_log("mailer_started")
    port = program.logged("mailer_started")[0]["health_port"]
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as http:
        http.request("GET", path)
        response = http.getresponse()
        return response.status, response.read().decode()


def test_health_readiness_and_metrics_tell_the_truth(system: System) -> None:
    away = changed(system.broker.url, port=CLOSED)
    mailer = system.start("mailer", ["-m", "mailer", "run"], RABBITMQ_URL=away)
    assert get(mailer, "/healthz") == (200, '{"status": "ok"}')
    mailer.wait_for_log("broker_unavailable")
    status, body = get(mailer, "/readyz")
    assert status == 503
    assert "rabbitmq" in json.loads(body)
    assert get(mailer, "/other")[0] == 404
    assert mailer.stop() == 0

    system.start_relay()
    mailer = system.start_mailer()
    wait_until(lambda: get(mailer, "/readyz") == (200, '{"status": "ok"}'), 60)
    assert get(mailer, "/healthz")[0] == 200
    system.queue(30)
    system.wait_until_settled()
    status, body = get(mailer, "/metrics")
    assert status == 200
    metrics = dict(re.findall(r"^(postroom_\w+(?:\{[^}]*\})?) ([\d.e+-]+)$", body, re.MULTILINE))
    assert float(metrics['postroom_attempts_total{outcome="accepted"}']) == 30
    assert float(metrics["postroom_attempt_seconds_count"]) == 30
    assert float(metrics["postroom_smtp_circuit_open"]) == 0
    assert mailer.stop() == 0


@contextmanager
def notify_socket() -> Iterator[tuple[str, socket.socket]]:
    """A socket as systemd gives it, in Linux's abstract namespace."""
    name = f"postroom-test-{os.getpid()}-{os.urandom(6).hex()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(60)
        yield f"@{name}", listener


@pytest.mark.parametrize("processes", [1, 2])
def test_systemd_is_told_ready_alive_and_stopping(system: System, processes: int) -> None:
    with notify_socket() as (address, listener):
        mailer = system.start(
            "mailer",
            ["-m", "mailer", "run", "--processes", str(processes)],
            NOTIFY_SOCKET=address,
        )
        assert [listener.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        mailer.terminate()
        while (word := listener.recv(100)) == b"WATCHDOG=1":
            pass
        assert word == b"STOPPING=1"
        assert mailer.wait() == 0


def test_notify_socket_may_be_a_file_and_a_missing_one_does_no_harm(system: System) -> None:
    with (
        TemporaryDirectory() as folder,  # tmp_path is too long for a socket's name
        closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener,
    ):
        listener.bind(f"{folder}/s")
        listener.settimeout(60)
        first = system.start_mailer(NOTIFY_SOCKET=f"{folder}/s")
        assert listener.recv(100) == b"READY=1"
        second = system.start_mailer(NOTIFY_SOCKET=f"{folder}/none")
        system.wait(lambda: set(heartbeats(system).values()) == {"running"})
    assert (first.stop(), second.stop()) == (0, 0)


def heartbeats(system: System) -> dict[int, str]:
    """Process id and state of every mailer the operator sees."""
    rows = system.query("SELECT name, state FROM email_mailer")
    return {int(name.rpartition(":")[2]): state for name, state in rows}


def test_heartbeat_is_there_while_the_mailer_runs_and_gone_after_a_clean_stop(
    system: System,
) -> None:
    mailer = system.start_mailer()
    system.wait(lambda: mailer.pid in heartbeats(system))
    ((version, beat),) = system.query("SELECT version, last_seen_at FROM email_mailer")
    assert version == run(system, "version")[1].strip()
    system.wait(lambda: system.query("SELECT 1 FROM email_mailer WHERE last_seen_at > %s", beat))
    system.wait(lambda: heartbeats(system) == {mailer.pid: "running"})
    assert mailer.stop() == 0
    assert heartbeats(system) == {}


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or only waits for a parent that will not ask."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_two_processes_work_a_killed_one_comes_again_and_all_stop_with_0(system: System) -> None:
    system.start_relay()
    parent = system.start("mailer", ["-m", "mailer", "run", "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    first = set(heartbeats(system))
    assert parent.pid not in first
    os.kill(victim := min(first), signal.SIGKILL)
    parent.wait_for_log("mailer_process_died")
    system.wait(lambda: len(heartbeats(system).keys() - {victim}) == 2)
    system.queue(200)
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 200}
    children = [psutil.Process(pid) for pid in heartbeats(system).keys() - {victim}]
    assert parent.stop() == 0
    assert all(map(has_ended, children))
    assert heartbeats(system).keys() <= {victim}, "a killed one could not say goodbye"


def test_children_finish_what_they_have_in_hand_although_everyone_is_signalled(
    system: System, smtp: ScriptedServer
) -> None:
    """As systemd (KillMode=control-group) and Ctrl-C do: parent and children get the signal."""
    system.catcher = smtp
    smtp.script = Script(rules=(Rule("dot", HANG, keep=True), *smtp.script.rules))
    system.start_relay()
    parent = system.start("mailer", ["-m", "mailer", "run", "--processes", "2"])
    ids = system.queue(4)
    smtp.wait_until(lambda server: len(server.accepted) == 4, within=60)
    # One may have them all while the other is still starting and knows no signals yet.
    system.wait(lambda: len(heartbeats(system)) == 2)
    children = psutil.Process(parent.pid).children(recursive=True)
    for process in (*children, parent):
        os.kill(process.pid, signal.SIGTERM)
    wait_until(lambda: len(stopping(parent)) == 2, 30)
    smtp.release()
    assert parent.wait() == 0
    assert system.statuses(ids) == {Status.COMPLETED: 4}
    system.assert_contract(ids)


def stopping(parent: Program) -> set[str]:
    """The mailers that said that they stop."""
    return {line["mailer"] for line in parent.logged("mailer_stopping")}


def test_children_stop_in_order_when_their_parent_is_killed(system: System) -> None:
    parent = system.start("mailer", ["-m", "mailer", "run", "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    children = [psutil.Process(pid) for pid in heartbeats(system)]
    parent.kill()
    wait_until(lambda: all(map(has_ended, children)), 60)
    assert heartbeats(system) == {}


def test_stop_during_the_start_ends_with_0(system: System) -> None:
    with notify_socket() as (address, listener):
        parent = system.start(
            "mailer", ["-m", "mailer", "run", "--processes", "2"], NOTIFY_SOCKET=address
        )
        assert listener.recv(100) == b"READY=1"  # its children have hardly begun
        children = psutil.Process(parent.pid).children(recursive=True)
        for process in (*children, parent):
            os.kill(process.pid, signal.SIGTERM)
        assert parent.wait() == 0
        wait_until(lambda: all(map(has_ended, children)))


def test_consume_emails_is_the_mailer_from_any_folder(system: System, tmp_path: Path) -> None:
    system.start_relay()
    ids = system.queue(10)
    mailer = system.start("mailer", ["manage.py", "consume_emails"])
    system.wait(lambda: system.statuses(ids) == {Status.COMPLETED: 10})
    assert list(heartbeats(system)) == [mailer.pid]
    assert mailer.stop() == 0
    change = f"import os, sys; os.chdir({str(tmp_path)!r}); sys.argv = ['manage.py', *sys.argv[1:]]"
    start = f"import runpy; runpy.run_path({str(ROOT / 'manage.py')!r}, run_name='__main__')"
    arguments = ["-c", f"{change}; sys.path[0] = {str(ROOT)!r}; {start}", "consume_emails"]
    mailer = system.start("mailer", [*arguments, "--processes", "2"])
    system.wait(lambda: len(heartbeats(system)) == 2)
    assert mailer.stop() == 0
    assert heartbeats(system) == {}


# --- logs


def test_every_line_is_json_and_no_address_stands_in_a_log(
    system: System, smtp: ScriptedServer
) -> None:
    person = "quite.unusual+name"
    system.catcher = smtp
    rules = [
        Rule(
            "rcpt",
            say(f"550 5.1.1 <{person}1@example.org> unknown"),
            recipient=f"{person}1@example.org",
        ),
        Rule(
            "rcpt",
            say(f"450 4.3.0 {person}2@example.org busy"),
            recipient=f"{person}2@example.org",
            times=1,
        ),
    ]
    smtp.script = Script(rules=(*rules, *smtp.script.rules))
    relay = system.start_relay(LOG_LEVEL="DEBUG")
    ids = system.queue(
        10, recipients=lambda n: [f"Some Body <{person}{n}@example.org>"], subject="Secret"
    )
    headers = json.dumps({"X-A": 5, "X-B": f"{person}@example.org"})
    broken = "UPDATE email_queue SET headers = %s, max_attempts = 1 WHERE id = %s"
    system.query(broken, headers, ids[5])
    single = system.start_mailer(LOG_LEVEL="DEBUG")
    system.wait_until_settled()
    assert single.stop() == 0
    double = system.start("mailer", ["-m", "mailer", "run", "--processes", "2"], LOG_LEVEL="DEBUG")
    more = system.queue(10, recipients=lambda n: [f"{person}{n + 20}@example.org"])
    system.wait_until_settled()
    assert double.stop() == 0
    assert relay.stop() == 0
    for mailer in (single, double):
        lines = [json.loads(line) for line in mailer.log.read_text().splitlines()]
        assert all(line.keys() >= {"event", "level", "timestamp", "mailer"} for line in lines)
        ended = [line for line in lines if line["event"] == "attempt_ended"]
        assert all(line["attempt"] >= 1 for line in ended)
        assert {line["email_id"] for line in ended} == set(ids if mailer is single else more)
    for program in (relay, single, double):
        text = program.log.read_text()
        assert person not in text
        assert "Secret" not in text
    assert "q***@example.org" in single.log.read_text()
    assert single.logged("attempt_raised")
