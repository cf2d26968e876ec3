"""The demo's site: tables, an administrator, and web, relay and mailer as real processes."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from dev.keeper import ROOT
from dev.postgres import GivenPostgres
from dev.processes import PidFile, free_ports, tail
from dev.services import Services

TEAM = "team@example.org"
EVENT = "Open day"
ADMIN = "admin"
_START_SECONDS = 60.0
_STOP_SECONDS = 25.0
# Settings of the surroundings that would send the demo's mail elsewhere or sign it.
_FOREIGN = ("EMAIL_", "MAILER_", "DKIM_", "DJANGO_")
_IN_USE = """
SELECT (SELECT count(*) FROM email_queue WHERE status IN ('pending', 'processing')),
       (SELECT count(*) FROM email_mailer WHERE last_seen_at > now() - interval '30 seconds')
"""


class SiteProblem(Exception):
    """The site cannot be used; the message is the one sentence that says why."""


class Site:
    """Starts the processes; whatever happens they end with the `with` block."""

    def __init__(self, services: Services, smtp_port: int) -> None:
        self.services = services
        self.admin_password = secrets.token_urlsafe(9)
        self._smtp_port = smtp_port
        self._web_port, self._health_port = free_ports(2)
        self._environment = self._settings()
        # In the services' folder, which goes away even if we are killed.
        self._folder = services.file.parent / "demo"
        self._folder.mkdir()
        self._logs: list[str] = []
        self._processes: dict[str, PidFile] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._web_port}"

    def prepare(self) -> None:
        """Make the tables.

        Raises:
            SiteProblem: the given database is in use, or the migrations failed.
        """
        if isinstance(self.services.postgres, GivenPostgres):
            self._refuse_database_in_use()
        self._manage("migrate", "--verbosity=0")

    def start(self) -> None:
        """Start all processes; returns when each one says that it can work.

        Raises:
            SiteProblem: one does not.
        """
        manage = [sys.executable, str(ROOT / "manage.py")]
        # A control socket would lie in the home folder, where another copy has its own.
        options = ["--workers=2", "--preload", "--no-control-socket"]
        address = f"--bind=127.0.0.1:{self._web_port}"
        self._start("web", sys.executable, "-m", "gunicorn", *options, address, "web.wsgi")
        self._start("relay", *manage, "relay_emails")
        self._start("mailer", sys.executable, "-m", "mailer", "run")
        self._make_admin()
        self._wait_ready("web", lambda: _answers(self._web_port))
        self._wait_ready("relay", lambda: "relay_started" in self._log("relay").read_text())
        self._wait_ready("mailer", lambda: _answers(self._health_port))

    def ended(self) -> list[str]:
        """The processes that do not live any more."""
        return [name for name, process in self._processes.items() if process.pid is None]

    def last_words(self) -> str:
        """The end of each log."""
        ends = [f"Last lines of {name}:\n{tail(self._log(name), 8)}" for name in self._logs]
        return "\n\n".join(ends)

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_error: object) -> None:
        # Web first: nothing new may come in while the mailer finishes what it has in hand.
        for process in self._processes.values():
            process.stop(signal.SIGTERM, _STOP_SECONDS)

    def _settings(self) -> dict[str, str]:
        own = self.services.environment | {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "DEBUG": "0",
            "HTTPS_ONLY": "0",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "STAFF_EMAILS": TEAM,
            "DEFAULT_FROM_EMAIL": "Postroom <postroom@example.org>",
            "SUBMISSION_EVENTS": f"{EVENT},Annual conference",
            # A given database may remember the submissions of demos before this one.
            "SUBMISSIONS_PER_ADDRESS_HOUR": "0",
            "SUBMISSIONS_PER_IP_HOUR": "0",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self._smtp_port),
            "EMAIL_EHLO_NAME": "localhost",
            "MAILER_HEALTH_PORT": str(self._health_port),
            "LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        hidden = {f"{name}_FILE" for name in own}
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN) and name not in hidden
        }
        return inherited | own

    def _refuse_database_in_use(self) -> None:
        """The demo's mailer would take real mail and hand it to the catcher."""
        try:
            with psycopg.connect(self.services.database_url, connect_timeout=5) as connection:
                tables = "SELECT to_regclass('email_queue'), to_regclass('email_mailer')"
                if None in (connection.execute(tables).fetchone() or [None]):
                    return
                owed, mailers = connection.execute(_IN_USE).fetchone() or (0, 0)
        except psycopg.Error as error:
            raise SiteProblem(f"DATABASE_URL cannot be used: {str(error).strip()}") from error
        if owed or mailers:
            raise SiteProblem(
                f"DATABASE_URL names a database in use ({owed} unfinished e-mails, {mailers} "
                "mailers running), whose mail the demo would swallow: give an empty one or unset it."
            )

    def _make_admin(self) -> None:
        with psycopg.connect(self.services.database_url) as connection:
            known = "SELECT 1 FROM auth_user WHERE username = %s"
            if connection.execute(known, [ADMIN]).fetchone():
                self.admin_password = "(the password it already has)"
                return
        self._manage("createsuperuser", "--noinput", f"--username={ADMIN}", f"--email={TEAM}")

    def _manage(self, command: str, *options: str) -> None:
        with self._log(command).open("wb") as output:
            self._logs.append(command)
            code = subprocess.call(
                [sys.executable, str(ROOT / "manage.py"), command, *options],
                env=self._environment | {"DJANGO_SUPERUSER_PASSWORD": self.admin_password},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        if code:
            raise SiteProblem(f"`manage.py {command}` failed.")

    def _start(self, name: str, *command: str) -> None:
        self._logs.append(name)
        process = self._processes[name] = PidFile(self._folder / f"{name}.pid")
        process.start(command, env=self._environment, log=self._log(name))

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _wait_ready(self, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            if self._processes[name].pid is None:
                raise SiteProblem(f"The {name} process ended at its start.")
            if time.monotonic() > deadline:
                raise SiteProblem(f"The {name} process is not ready after {_START_SECONDS:g} s.")
            time.sleep(0.05)


def _answers(port: int) -> bool:
    """Does `/readyz` on this port say yes?"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
