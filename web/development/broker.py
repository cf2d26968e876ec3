"""RabbitMQ for a developer: the one of the settings, or an installed one started privately."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import pika.exceptions

from postroom.shared.broker import amqp
from postroom.shared.settings import BrokerSettings
from postroom.web.development.errors import DevelopmentError
from postroom.web.development.ports import free_port

_START_SECONDS = 60.0
_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"
# Before those of PATH: Debian's there is a wrapper that only root may call.
_SCRIPTS = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/homebrew/sbin/rabbitmq-server")
DOCKER = "docker run --rm -p 127.0.0.1:5672:5672 rabbitmq:4"


def reachable(settings: BrokerSettings) -> bool:
    """Whether the broker of the settings takes our login."""
    try:
        amqp.connect(settings, name="postroom_dev").close()
    except (pika.exceptions.AMQPError, OSError, TimeoutError):
        return False
    return True


class PrivateBroker:
    """An installed RabbitMQ with its data in a temporary folder, on the port of the settings."""

    def __init__(self, settings: BrokerSettings) -> None:
        """Raises DevelopmentError if the settings mean another machine, or none is installed."""
        parts = urlsplit(settings.urls[0])
        if len(settings.urls) > 1 or parts.hostname not in ("localhost", "127.0.0.1"):
            raise DevelopmentError(
                f"RabbitMQ at {parts.hostname} cannot be used (RABBITMQ_URL). Start it, or leave "
                "the setting out and run one here."
            )
        if (parts.scheme, parts.username, parts.password) != ("amqp", "guest", "guest"):
            raise DevelopmentError(
                "RabbitMQ on this machine cannot be used with the login of RABBITMQ_URL. Start it, "
                "or leave the setting out: a private one has the login guest."
            )
        script = next(filter(os.path.exists, _SCRIPTS), shutil.which("rabbitmq-server"))
        if not script:
            raise DevelopmentError(
                f"No RabbitMQ answers, and none is installed. Start one with: {DOCKER}"
            )
        self._script, self._port = script, parts.port or 5672
        self._settings = settings
        self._epmd_port = free_port()
        self._folder = tempfile.TemporaryDirectory(prefix="postroom-dev-")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns when it takes our login.

        Raises:
            DevelopmentError: it did not start; with the end of its log.
        """
        folder = Path(self._folder.name)
        (folder / "none").touch()
        (folder / "plugins").write_text("[].\n")
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._script],
                env=self._environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it last
            )
        deadline = time.monotonic() + _START_SECONDS
        while not reachable(self._settings):
            if self._process.poll() is not None or time.monotonic() > deadline:
                end = (folder / "log").read_text(errors="replace")[-1500:]
                self.stop()
                raise DevelopmentError(f"RabbitMQ did not start. Its log ends:\n{end}")
            time.sleep(0.3)

    def kill(self) -> None:
        """End it now, and leave its data; safe in a signal handler."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End it, and delete its data."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if epmd := shutil.which("epmd"):
            # Erlang's name server is a daemon, and has a port of its own here.
            words = [epmd, "-port", str(self._epmd_port), "-kill"]
            subprocess.run(words, capture_output=True, timeout=20, check=False)
        self._folder.cleanup()

    def _environment(self, folder: Path) -> dict[str, str]:
        foreign = ("RABBITMQ_", "ERL_")
        plain = {n: v for n, v in os.environ.items() if not n.startswith(foreign)}
        return plain | {
            "ERL_CRASH_DUMP": str(folder / "crash"),
            "HOME": str(folder),  # the Erlang cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            # The script replaces itself by the server, which then gets our signals.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_NODENAME": f"postroom-dev-{os.getpid()}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK,
        }
