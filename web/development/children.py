"""Relay and mailer as child processes with the site's own settings."""

import os
import subprocess
import sys
import threading
import time

from postroom.web.development.errors import DevelopmentError
from postroom.web.emails.mailer_environment import mailer_environment

_STOP_SECONDS = 25.0  # a mailer waits as long for e-mails that are being sent, by default


class Children:
    """The processes that run beside this one."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, smtp_port: int) -> None:
        """Start both; the mailer sends to this port of this machine, whatever the settings say."""
        site = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(sys.path)}
        settings = f"--settings={os.environ['DJANGO_SETTINGS_MODULE']}"
        self._start("relay", ["-m", "django", "relay_emails", settings], site)
        catcher = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(smtp_port),
            "EMAIL_USE_TLS": "0",
            "EMAIL_USE_SSL": "0",
            "EMAIL_HOST_USER": "",
            "EMAIL_HOST_PASSWORD": "",
            "MAILER_HEALTH_PORT": "0",
        }
        found = mailer_environment()
        for name in catcher:
            found.pop(f"{name}_FILE", None)
        self._start("mailer", ["-m", "postroom.mailer", "run"], found | catcher)

    def _start(self, name: str, words: list[str], environment: dict[str, str]) -> None:
        # The terminal sends Ctrl-C to the whole group. A child that gets our signal besides would
        # take it for the second one, and end without its farewell.
        self._running[name] = subprocess.Popen(
            [sys.executable, *words], env=environment, start_new_session=True
        )

    def wait(self, stop: threading.Event) -> None:
        """Return when `stop` is set.

        Raises:
            DevelopmentError: one of them has ended before.
        """
        while not stop.wait(0.3):
            for name, process in self._running.items():
                if (status := process.poll()) is not None and not stop.wait(1):
                    raise DevelopmentError(f"The {name} has ended with status {status}; see above.")

    def kill(self) -> None:
        """End all that still run, now; safe in a signal handler."""
        for process in self._running.values():
            process.kill()

    def stop(self) -> None:
        """End all that still run: what a mailer has in hand is sent first."""
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
