"""docs/tutorial.md is true: its commands, pasted into a shell as they stand, do what it says."""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dev.keeper import ROOT
from dev.processes import free_ports
from tests.support.waits import wait_until

TUTORIAL = ROOT / "docs/tutorial.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a person has of their own and a test must not touch: these ports may be taken.
PORTS = ("2525", "8025", "8000")
_ENDED = "__block ended"


class Shell:
    """A bash that runs one block after the other, as somebody who pastes them."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self._bash = subprocess.Popen(
                ["bash", "--norc"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self._blocks = 0
        self.type("set -eE -o pipefail; trap 'echo __failed' ERR")

    @property
    def output(self) -> str:
        """Everything that was printed so far."""
        return self._log.read_text()

    def type(self, block: str) -> str:
        """Run a block to its end; what it printed."""
        assert self._bash.stdin is not None
        before, self._blocks = len(self.output), self._blocks + 1
        ended = f"{_ENDED} {self._blocks}"
        self._bash.stdin.write(f"{block}\necho '{ended}'\n")
        self._bash.stdin.flush()
        wait_until(lambda: ended in self.output or self._bash.poll() is not None)
        assert self._bash.poll() is None, f"This failed:\n{block}\n{self.output}"
        return self.output[before:]

    def end(self) -> None:
        """Leave; whatever still runs in it is told to end."""
        if self._bash.poll() is None and self._bash.stdin is not None:
            self._bash.stdin.write("trap - ERR; set +e; kill $(jobs -p); wait; exit\n")
            self._bash.stdin.close()
        self._bash.wait(60)


@pytest.fixture
def ports() -> dict[str, str]:
    return dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))


@pytest.fixture
def shell(
    empty_database: str, rabbitmq_url: str, tmp_path: Path, ports: dict[str, str]
) -> Iterator[Shell]:
    """As after step 2: services by environment, nothing else that is ours."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    own = {"DATABASE_URL": empty_database, "RABBITMQ_URL": rabbitmq_url, "HOME": str(tmp_path)}
    shell = Shell(kept | own, tmp_path / "shell.log")
    yield shell
    shell.end()


def blocks(ports: dict[str, str]) -> list[str]:
    """The tutorial's commands, on free ports."""
    text = TUTORIAL.read_text()
    for port, free in ports.items():
        text = re.sub(rf"\b{port}\b", free, text)
    return BLOCK.findall(text)


def caught(port: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/messages", timeout=10) as answer:
        return list(json.load(answer))


def test_every_command_does_what_the_tutorial_says(
    shell: Shell, ports: dict[str, str], empty_database: str
) -> None:
    catcher = ports["8025"]
    todo = blocks(ports)

    def run_until(words: str) -> str:
        """Run blocks up to the one that has these words; what that one printed."""
        while todo:
            block = todo.pop(0)
            printed = shell.type(block)
            if words in block:
                return printed
        raise AssertionError(f"No block has {words}")

    def recipients() -> list[str]:
        return [mail["rcpt_tos"][0] for mail in caught(catcher)]

    printed = run_until("ann@example.org")
    assert all(f"ok    {server}" in printed for server in ("database", "RabbitMQ", "SMTP"))
    wait_until(lambda: recipients() == ["ann@example.org"])

    run_until("bob@example.org")
    assert recipients() == ["ann@example.org"]
    with psycopg.connect(empty_database) as connection:
        stored = connection.execute(
            "SELECT email, product FROM orders_order ORDER BY id"
        ).fetchall()
    assert stored == [("ann@example.org", "Teapot"), ("bob@example.org", "Kettle")]
    run_until("2>> mailer.log")
    wait_until(lambda: len(recipients()) > 1)
    assert recipients() == ["ann@example.org", "bob@example.org"]

    reported = run_until("EmailRequestError")
    assert "orders/confirmed" in reported
    assert "number" in reported

    run_until("runserver")
    page = f"http://127.0.0.1:{ports['8000']}/admin/login/"

    def site_answers() -> bool:
        try:
            with urllib.request.urlopen(page, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    wait_until(site_answers)
    run_until("kill $(jobs -p)")
    assert not todo
