"""The port that anybody on the network may reach: probes are answered whatever others do."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import psutil
import pytest

from postroom.mailer import health
from postroom.mailer.health import LARGEST_REQUEST, MOST_CONNECTIONS, HealthServer
from postroom.mailer.metrics import Metrics
from tests.support.waits import PATIENCE, wait_until


@pytest.fixture
def wrong() -> dict[str, str]:
    return {}


@pytest.fixture
def port(wrong: dict[str, str]) -> Iterator[int]:
    server = HealthServer("127.0.0.1", 0, alive=dict, ready=lambda: dict(wrong), metrics=Metrics())
    server.start()
    yield server.port
    server.close()


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as http:
        http.request(method, path)
        answer = http.getresponse()
        return answer.status, answer.read().decode()


def test_answers_say_what_is_wrong(port: int, wrong: dict[str, str]) -> None:
    assert ask(port, "/healthz") == (200, '{"status": "ok"}')
    assert ask(port, "/readyz?verbose=1") == (200, '{"status": "ok"}')
    wrong["smtp"] = "away"
    assert ask(port, "/readyz") == (503, '{"status": "unavailable", "smtp": "away"}')
    assert "postroom_attempt_seconds" in ask(port, "/metrics")[1]
    assert ask(port, "/elsewhere")[0] == 404
    assert ask(port, "/healthz", "POST")[0] == 405


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_only_clients_of_this_machine_learn_the_words(
    port: int,
    wrong: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    near: bool,
) -> None:
    seen = health._is_this_machine
    monkeypatch.setattr(health, "_is_this_machine", lambda _: seen(address))
    wrong["database"] = "db.internal:5432 refuses the user postroom"
    status, body = ask(port, "/readyz")
    assert status == 503
    assert ("db.internal" in body) == near
    assert json.loads(body)["status"] == "unavailable"


def test_a_thousand_idle_connections_keep_no_probe_out_and_no_descriptor(port: int) -> None:
    process = psutil.Process()
    with ExitStack() as stack:
        for _ in range(300):
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            idle.send(b"GET /hea")
        assert ask(port, "/healthz")[0] == 200
        threads = threading.active_count()

        def few() -> bool:
            here = [c for c in process.net_connections() if c.laddr and c.laddr[1] == port]
            return len([c for c in here if c.status == "ESTABLISHED"]) <= MOST_CONNECTIONS

        wait_until(few)
        assert ask(port, "/metrics")[0] == 200
        assert threading.active_count() == threads


def test_connection_that_says_nothing_is_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as idle:
        assert idle.recv(100) == b""


@pytest.mark.parametrize("request_", [b"\r\n\r\n", b"GET\n\n", b"x" * (LARGEST_REQUEST + 1)])
def test_what_is_no_request_is_refused(port: int, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.send(request_)
        assert connection.recv(1000).startswith(b"HTTP/1.0 400 ")
