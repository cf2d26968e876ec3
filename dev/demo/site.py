"""The demo's site: tables, an administrator, and web, relay, jobs and mailer as real processes."""

import http.client
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.demo.database import has_account, refuse_database_in_use
from dev.demo.settings import TEAM, environment, own_settings
from dev.keeper import MARK, ROOT
from dev.postgres import GivenPostgres
from dev.processes import PidFile, free_ports, tail
from dev.services import Services

ADMIN = "admin"
_START_SECONDS = 60.0
_STOP_SECONDS = 25.0


class SiteError(Exception):
    """The site does not start; the message is one sentence that says why."""


class Site:
    """Starts the processes; they end with the `with` block in any case."""

    def __init__(self, services: Services, smtp_port: int) -> None:
        self.services = services
        self.admin_password = secrets.token_urlsafe(9)
        self._web_port, self._health_port = free_ports(2)
        own = own_settings(services, smtp_port=smtp_port, health_port=self._health_port)
        self._own = own | {"SITE_URL": self.url}
        self._environment = environment(self._own)
        # In the services' folder, which is deleted even if this process is killed.
        self._folder = services.file.parent / "demo"
        self._folder.mkdir()
        self._logs: list[str] = []
        self._processes: dict[str, PidFile] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._web_port}"

    @property
    def database_url(self) -> str:
        return self.services.database_url

    def prepare(self) -> None:
        """Create the tables and the administrator.

        Raises:
            DatabaseInUseError: a given database holds e-mails of another site.
            SiteError: the migrations failed.
        """
        if isinstance(self.services.postgres, GivenPostgres):
            refuse_database_in_use(self.database_url)
            if has_account(self.database_url, ADMIN):
                self.admin_password = "(the password it already has)"
        if self._run("migrations", "dev.demo.tables", ADMIN, TEAM):
            raise SiteError("The database's tables cannot be created.")

    def load_demos(self) -> None:
        """Load the demo data of every system.

        Raises:
            SiteError: that failed.
        """
        if self._run("demo data", "dev.demo.load", ADMIN):
            raise SiteError("The demo data cannot be loaded.")

    def save_environment(self) -> Path:
        """Write what a shell must read to run commands on this site; readable by this user alone.

        Without the mark of the services: whatever runs in that shell does not end with them.
        """
        values = {name: value for name, value in self._own.items() if name != MARK}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(values.items())]
        lines.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"')
        file = self._folder / "environment"
        file.touch(mode=0o600)
        file.write_text("\n".join([*lines, ""]))
        return file

    def start(self) -> None:
        """Start all processes; returns when all are ready.

        Raises:
            SiteError: one is not ready in time.
        """
        # A control socket would be in the home folder, where another checkout has its own.
        config = "--config=python:postroom.web.site.gunicorn_conf"
        options = [config, "--workers=2", "--preload", "--no-control-socket"]
        address = f"--bind=127.0.0.1:{self._web_port}"
        self._start("web", "-m", "gunicorn", *options, address, "postroom.web.site.wsgi")
        self._start("relay", str(ROOT / "manage.py"), "relay_emails")
        self._start("jobs", str(ROOT / "manage.py"), "run_jobs")
        self._start("mailer", "-m", "postroom.mailer", "run")
        self._wait_ready("web", lambda: _unready(self._web_port))
        self._wait_ready("relay", lambda: self._unlogged("relay", "relay_started"))
        self._wait_ready("jobs", lambda: self._unlogged("jobs", "scheduler_started"))
        self._wait_ready("mailer", lambda: _unready(self._health_port))

    def ended(self) -> list[str]:
        """The names of the processes that have ended."""
        return [name for name, process in self._processes.items() if process.pid is None]

    def last_words(self) -> str:
        """The end of each log."""
        ends = {name: tail(self._log(name), 8) for name in self._logs}
        return "\n\n".join(f"Last lines of {name}:\n{end}" for name, end in ends.items() if end)

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_error: object) -> None:
        # All at the same time: none needs another in order to end.
        with ThreadPoolExecutor() as pool:
            for process in self._processes.values():
                pool.submit(process.stop, signal.SIGTERM, _STOP_SECONDS)

    def _run(self, name: str, *command: str) -> int:
        """Run a module of ours to its end; returns its exit code."""
        self._logs.append(name)
        with self._log(name).open("wb") as output:
            return subprocess.call(
                [sys.executable, "-m", *command],
                env=self._environment | {"DJANGO_SUPERUSER_PASSWORD": self.admin_password},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _start(self, name: str, *arguments: str) -> None:
        self._logs.append(name)
        process = self._processes[name] = PidFile(self._folder / f"{name}.pid")
        process.start([sys.executable, *arguments], env=self._environment, log=self._log(name))

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _unlogged(self, name: str, event: str) -> str:
        return "" if event in self._log(name).read_text() else "still starting"

    def _wait_ready(self, name: str, unready: Callable[[], str]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while why := unready():
            if self._processes[name].pid is None:
                raise SiteError(f"The {name} process ended at its start.")
            if time.monotonic() > deadline:
                raise SiteError(f"The {name} process is not ready in time: {why}")
            time.sleep(0.05)


def _unready(port: int) -> str:
    """What `/readyz` on this port reports as wrong; empty when ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        return "" if answer.status == http.HTTPStatus.OK else text or str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()
