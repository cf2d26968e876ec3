"""Clients that send half a request do not take the site away."""

import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from postroom.web.site import gunicorn_conf
from tests.support.waits import wait_until

HALVES = [
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Half: ",
    b"POST /inquiry/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nname=",
    b"POST /inquiry/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nna",
]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[int]:
    """The port of one web process, started with the shipped settings of gunicorn."""
    log = tmp_path / "log"
    command = [
        sys.executable, "-m", "gunicorn", "--config=python:postroom.web.site.gunicorn_conf",
        "--workers=1", "--no-control-socket", "--bind=127.0.0.1:0",
        f"--worker-tmp-dir={tmp_path}", "postroom.web.site.wsgi",
    ]  # fmt: skip
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as web:
        try:
            found = wait_until(
                lambda: re.search(r"Listening at: http://[\d.]+:(\d+)", log.read_text())
            )
            port = int(found[1])
            wait_until(lambda: answers(port))
            yield port
        finally:
            web.terminate()


def answers(port: int) -> bool:
    try:
        address = f"http://127.0.0.1:{port}/healthz"
        with urllib.request.urlopen(address, timeout=60) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def half(port: int, text: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=120)
    connection.sendall(text)
    return connection


def test_site_answers_while_seven_clients_wait_and_ends_their_connections(site: int) -> None:
    assert gunicorn_conf.threads == 8
    with ExitStack() as stack:
        waiting = [
            stack.enter_context(half(site, HALVES[number % len(HALVES)])) for number in range(7)
        ]
        assert answers(site)
        for connection in waiting:
            try:
                while connection.recv(4096):
                    """An answer may say what is wrong."""
            except ConnectionResetError:
                pass
        assert answers(site)


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna"])
def test_charset_that_reads_no_query_is_no_error_of_the_site(site: int, charset: str) -> None:
    address = f"http://127.0.0.1:{site}/healthz?q=%C3%A4"
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        assert answer.status == 200
