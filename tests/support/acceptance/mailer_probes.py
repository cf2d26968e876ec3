"""Asking a mailer from outside: command line, health page, heartbeat, notifications."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil

from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.waits import PATIENCE

CLOSED = 1  # nothing listens there


def changed(url: str, **parts: Any) -> str:
    """The URL with another host, password or path."""
    old = urlsplit(url)
    password, port = parts.get("password", old.password), parts.get("port", old.port)
    netloc = f"{old.username}:{password}@{old.hostname}:{port}"
    return urlunsplit(old._replace(netloc=netloc, path=parts.get("path", old.path)))


def run(system: System, *arguments: str, **environment: Any) -> tuple[int, str]:
    """Exit code and output of `postroom-mailer ...`."""
    program = system.start(arguments[0], ["-m", "postroom.mailer", *arguments], **environment)
    code = program.wait()
    system.programs.remove(program)  # it was meant to end by itself
    return code, program.log.read_text()


def get(program: Program, path: str) -> tuple[int, str]:
    """Status and body of the mailer's own small web server."""
    program.wait_for_log("mailer_started")
    port = program.logged("mailer_started")[0]["health_port"]
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as http:
        http.request("GET", path)
        response = http.getresponse()
        return response.status, response.read().decode()


@contextmanager
def notify_socket() -> Iterator[tuple[str, socket.socket]]:
    """A socket as systemd gives it, in Linux's abstract namespace."""
    name = f"postroom-test-{os.getpid()}-{os.urandom(6).hex()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(PATIENCE)
        yield f"@{name}", listener


def heartbeats(system: System) -> dict[int, str]:
    """Process id and state of every mailer the operator sees."""
    rows = system.query("SELECT name, state FROM postroom_mailer")
    return {int(name.rpartition(":")[2]): state for name, state in rows}


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone, or only waits for a parent that will not ask."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
