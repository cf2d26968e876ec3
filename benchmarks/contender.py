"""The interface of a contender: prepare, enqueue, start workers, settle, stop."""

import contextlib
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from benchmarks.message import BUILD

HERE = Path(__file__).parent
ROOT = HERE.parent
STOP_SECONDS = 30


@dataclass(frozen=True)
class Load:
    """One condition: the sink's delay, the attachment and the number of worker processes."""

    name: str
    delay_ms: int = 0
    attachment: bool = False
    processes: int = 2


@dataclass(frozen=True)
class Calls:
    """The cost of queueing: each call's time, the CPU time, and when each call returned."""

    milliseconds: list[float]
    cpu_per_1000: float
    returned: list[int]


class Contender(ABC):
    """One system under test, with its own environment and its own database."""

    name: ClassVar[str]
    tables: ClassVar[tuple[str, ...]] = ()
    python: str = sys.executable
    enqueue_module: ClassVar[str]

    def __init__(self, database_url: str, rabbitmq_url: str) -> None:
        self.server_url, self.rabbitmq_url = database_url, rabbitmq_url
        self.database = f"bench_{self.name}"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    @abstractmethod
    def prepare(self) -> None:
        """Create environment, database and schema, and delete what an earlier run left."""

    @abstractmethod
    def commands(self, load: Load) -> dict[str, list[str]]:
        """The worker programs by role, at the best settings found for this load."""

    def settings(self, load: Load) -> dict[str, str]:
        """Environment variables that depend on the load."""
        return {}

    @abstractmethod
    def settle(self) -> None:
        """Return when every result is recorded."""

    def empty(self) -> None:
        """Delete the rows of the run before, so that each run has the same tables."""
        if not self.tables:
            return
        names = sql.SQL(", ").join(map(sql.Identifier, self.tables))
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
            # Otherwise autovacuum, triggered by the rows of the run before, may analyse the empty
            # tables now: sessions would then plan sequential scans and keep them for minutes.
            connection.execute(
                "SELECT pg_stat_reset_single_table_counters(relid) FROM pg_stat_user_tables"
            )

    @property
    def database_url(self) -> str:
        base = self.server_url.partition("?")
        head = base[0].rpartition("/")[0]
        return f"{head}/{self.database}{base[1]}{base[2]}"

    def environment(self, port: int = 25) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DATABASE_URL": self.database_url,
            "RABBITMQ_URL": self.rabbitmq_url,
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }

    def enqueue(self, mails: int, *, attachment: bool = False, rate: float | None = None) -> Calls:
        command = [self.python, "-m", self.enqueue_module, "--mails", str(mails)]
        command += ["--attachment"] * attachment + (["--rate", str(rate)] if rate else [])
        done = self.run(command, capture=True)
        return Calls(**json.loads(done))

    def start(self, load: Load, port: int) -> None:
        environment = self.environment(port) | self.settings(load)
        BUILD.mkdir(exist_ok=True)
        for role, command in self.commands(load).items():
            with self._log(role).open("wb") as log:
                self.workers[role] = subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def logs(self) -> str:
        """The end of each worker's output, for error messages."""
        tails = {role: self._log(role).read_text()[-2000:] for role in self.workers}
        return "\n".join(f"--- {self.name} {role}\n{tail}" for role, tail in tails.items())

    def _log(self, role: str) -> Path:
        return BUILD / f"{self.name}-{role}.log"

    def stop(self) -> None:
        """End the workers as an operator would; kill those that hang."""
        for worker in self.workers.values():
            worker.terminate()
        for worker in self.workers.values():
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.workers.clear()

    def run(self, command: list[str], *, capture: bool = False) -> bytes:
        """Run one of the contender's own programs to its end."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE if capture else sys.stderr,
            check=True,
        )
        return done.stdout or b""

    def create_database(self) -> None:
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database))
        with (
            contextlib.suppress(psycopg.errors.DuplicateDatabase),
            psycopg.connect(self.server_url, autocommit=True) as connection,
        ):
            connection.execute(create)

    def ask(self, query: str) -> Any:
        """One value from the contender's database."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None
