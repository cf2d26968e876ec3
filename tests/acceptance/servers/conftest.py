"""Real mail servers for a test, ended with it (dev/mail_servers)."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dev.install import can_install
from dev.mail_servers.server import MailServer
from dev.mail_servers.settings import ServerSettings

Start = Callable[..., MailServer]


@pytest.fixture(scope="session", autouse=True)
def can_run_servers() -> None:
    """As root on Debian or Ubuntu what is missing is installed, and nothing is skipped."""
    if not can_install():
        pytest.skip("mail servers are installed by debootstrap, as root on Debian or Ubuntu")


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[Start]:
    """Starts a server: `mail_server("exim", limit=3)`. Shows the end of its log after the test."""
    numbers = itertools.count(1)
    servers = []
    with ExitStack() as stack:

        def start(kind: str, **settings: Any) -> MailServer:
            folder = tmp_path / f"{kind}-{next(numbers)}"
            server = MailServer(kind, ServerSettings(**settings), folder)
            servers.append(server)
            return stack.enter_context(server)

        yield start
        for server in servers:
            print(f"--- {server.kind}\n{server.log_tail()}")
