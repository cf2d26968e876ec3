"""What operators, systemd and Prometheus see of a mailer."""

import json
import re
import socket
from contextlib import closing
from tempfile import TemporaryDirectory

import pytest

from tests.support.acceptance.mailer_probes import (
    CLOSED,
    changed,
    get,
    heartbeats,
    notify_socket,
    run,
)
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE, wait_until


def test_health_readiness_and_metrics_tell_the_truth(system: System) -> None:
    away = changed(system.broker.url, port=CLOSED)
    mailer = system.start("mailer", ["-m", "postroom.mailer", "run"], RABBITMQ_URL=away)
    assert get(mailer, "/healthz") == (200, '{"status": "ok"}')
    mailer.wait_for_log("broker_unavailable")
    status, body = get(mailer, "/readyz")
    assert status == 503
    assert "rabbitmq" in json.loads(body)
    assert get(mailer, "/other")[0] == 404
    assert mailer.stop() == 0

    system.start_relay()
    mailer = system.start_mailer()
    wait_until(lambda: get(mailer, "/readyz") == (200, '{"status": "ok"}'))
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


@pytest.mark.parametrize("processes", [1, 2])
def test_systemd_is_told_ready_alive_and_stopping(system: System, processes: int) -> None:
    with notify_socket() as (address, listener):
        mailer = system.start(
            "mailer",
            ["-m", "postroom.mailer", "run", "--processes", str(processes)],
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
        listener.settimeout(PATIENCE)
        first = system.start_mailer(NOTIFY_SOCKET=f"{folder}/s")
        assert listener.recv(100) == b"READY=1"
        second = system.start_mailer(NOTIFY_SOCKET=f"{folder}/none")
        system.wait(lambda: list(heartbeats(system).values()) == ["running"] * 2)
    assert (first.stop(), second.stop()) == (0, 0)


def test_heartbeat_is_there_while_the_mailer_runs_and_gone_after_a_clean_stop(
    system: System,
) -> None:
    mailer = system.start_mailer()
    system.wait(lambda: mailer.pid in heartbeats(system))
    ((version, beat),) = system.query("SELECT version, last_seen_at FROM postroom_mailer")
    assert version == run(system, "version")[1].strip()
    system.wait(lambda: system.query("SELECT 1 FROM postroom_mailer WHERE last_seen_at > %s", beat))
    system.wait(lambda: heartbeats(system) == {mailer.pid: "running"})
    assert mailer.stop() == 0
    assert heartbeats(system) == {}
