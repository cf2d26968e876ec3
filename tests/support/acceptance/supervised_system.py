"""The system under supervisord, as `deploy/supervisor/` sets it up."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xmlrpc.client import ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from dev.keeper import ROOT
from dev.processes import send
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System

CONFIGURATION = ROOT / "deploy/supervisor/supervisord.conf"


class Supervised:
    """One supervisord with all its programs, and the `supervisorctl` that talks to it."""

    def __init__(self, system: System, folder: Path, **environment: object) -> None:
        own = {
            "POSTROOM_PYTHON": sys.executable,
            "POSTROOM_RUN": str(folder),
            "POSTROOM_LOGS": str(folder),
        }
        self._system = system
        self._folder = folder
        self._environment = own
        system.started_from = Path("/")  # as a service manager would
        self.daemon: Program = system.start(
            "supervisord",
            ["-m", "supervisor.supervisord", "--nodaemon", "-c", str(CONFIGURATION)],
            **environment,
            **own,
            GUNICORN_CMD_ARGS="--bind=127.0.0.1:0",
        )
        system.started_from = ROOT

    def begin(self, *words: str) -> "subprocess.Popen[str]":
        """`supervisorctl`, not waited for."""
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-c", str(CONFIGURATION)]
        return subprocess.Popen(
            [*command, *words], env=self._environment, stdout=subprocess.PIPE, text=True
        )

    def programs(self) -> dict[str, tuple[str, int]]:
        """State, in supervisor's word, and process of each program; none before it listens."""
        address = f"unix://{self._folder}/supervisor.sock"
        try:
            with ServerProxy("http://localhost", SupervisorTransport(serverurl=address)) as proxy:
                found: Any = proxy.supervisor.getAllProcessInfo()
        except OSError:
            return {}
        return {one["name"]: (one["statename"], one["pid"]) for one in found}

    def wait_for(self, state: str) -> None:
        """Wait until every program is in this state."""

        def all_are() -> bool:
            return {found for found, _ in self.programs().values()} == {state}

        self._system.wait(all_are)

    def family(self) -> list[psutil.Process]:
        """Every process under supervisord; none when it has ended."""
        if not self.daemon.running:
            return []
        return psutil.Process(self.daemon.pid).children(recursive=True)

    def pid(self, program: str) -> int:
        """The program's process; 0 when it has none."""
        return self.programs()[program][1]

    def log(self, program: str) -> str:
        """What the program has said."""
        return (self._folder / f"{program}.log").read_text()


@contextmanager
def supervised(system: System, **environment: object) -> Iterator[Supervised]:
    """Everything runs when the block begins; the environment is added to the test's own."""
    # A folder with a short name: a socket lies in it.
    with TemporaryDirectory() as folder:
        running = Supervised(system, Path(folder), **environment)
        try:
            running.wait_for("RUNNING")
            yield running
        finally:
            family = running.family()
            running.daemon.end()
            send(family, signal.SIGKILL)  # what a failed test has left
