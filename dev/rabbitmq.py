"""Runs our own RabbitMQ node: unique name, own ports, own epmd, separate from the system's."""

import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dev.answering import serves_http, speaks_amqp
from dev.chroot import entering
from dev.keeper import MARK
from dev.processes import (
    PidFile,
    ServerDiedError,
    ServiceError,
    free_ports,
    plain_environment,
    tail,
)
from dev.rabbitmq_conf import configure

_START_SECONDS = 120.0
_USER = "postroom"


@dataclass
class RabbitMQ:
    """One node with its data below `folder`; any process with these values can control it."""

    folder: Path
    name: str
    password: str
    port: int
    distribution_port: int
    epmd_port: int
    management_port: int  # 0: without the management plugin
    scripts: Path
    root: Path | None  # the root of the file system for its programs (chroot), None: ours

    @classmethod
    def create(
        cls, folder: Path, scripts: Path, *, management: bool, root: Path | None = None
    ) -> "RabbitMQ":
        """Create the node's folder and configuration; does not start it."""
        folder.mkdir(mode=0o700)
        amqp, distribution, epmd, http = free_ports(4)
        node = cls(
            folder=folder,
            name=f"postroom-{secrets.token_hex(6)}@localhost",
            password=secrets.token_hex(16),
            port=amqp,
            distribution_port=distribution,
            epmd_port=epmd,
            management_port=http if management else 0,
            scripts=scripts,
            root=root,
        )
        configure(folder, user=_USER, password=node.password, management_port=node.management_port)
        return node

    @property
    def url(self) -> str:
        """For `RABBITMQ_URL`."""
        return f"amqp://{_USER}:{self.password}@127.0.0.1:{self.port}/%2F"

    @property
    def management_url(self) -> str | None:
        """Address of the management page and API, with its login."""
        if not self.management_port:
            return None
        return f"http://{_USER}:{self.password}@127.0.0.1:{self.management_port}"

    @property
    def pid(self) -> int | None:
        """The Erlang VM's pid, or None."""
        return self._process.pid

    def start(self) -> None:
        """Start on the same ports and data; returns when the node serves clients."""
        if self.pid is not None:
            return
        environment = self._environment()
        if self._epmd.pid is None:
            epmd = (not self.root and shutil.which("epmd")) or "/usr/bin/epmd"
            command = self._command(epmd, "-address", "127.0.0.1", "-port", str(self.epmd_port))
            self._epmd.start(command, env=environment, log=self._log)
        # As under systemd: the script replaces itself by the Erlang VM, so the pid is the VM's.
        environment["RUNNING_UNDER_SYSTEMD"] = "true"
        server = self._command(str(self.scripts / "rabbitmq-server"))
        self._process.start(server, env=environment, log=self._log)
        self._wait_ready()

    def stop(self) -> None:
        """Orderly shutdown, then of this node's own name server (epmd)."""
        self._process.stop(signal.SIGTERM, 30)
        self._epmd.stop(signal.SIGTERM, 5)

    def kill(self) -> None:
        """SIGKILL to the Erlang VM and its helpers."""
        self._process.kill()

    def wipe(self) -> None:
        """End the node and delete all its data: the next start is an empty broker."""
        self.kill()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def pause(self) -> None:
        """Freeze the node: connections stay open and get no response."""
        self._process.pause()

    def resume(self) -> None:
        """Undo `pause`."""
        self._process.resume()

    def ctl(self, *arguments: str, timeout: float = 180) -> str:
        """Run rabbitmqctl for this node (about a second); returns what it printed.

        Raises:
            ServiceError: rabbitmqctl failed; with its output.
        """
        done = subprocess.run(
            self._command(str(self.scripts / "rabbitmqctl"), *arguments),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if done.returncode:
            raise ServiceError(f"rabbitmqctl {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs in another process."""
        paths = {"folder": str(self.folder), "scripts": str(self.scripts)}
        root = {"root": str(self.root)} if self.root else {}
        return asdict(self) | paths | root | {"kind": "node"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "RabbitMQ":
        """The node another process described with `to_json`."""
        names = [name for name in ("folder", "scripts", "root") if values[name]]
        return cls(**(values | {name: Path(values[name]) for name in names}))

    @property
    def _process(self) -> PidFile:
        return PidFile(self.folder / "server.pid")

    @property
    def _epmd(self) -> PidFile:
        return PidFile(self.folder / "epmd.pid")

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _command(self, *words: str) -> list[str]:
        return [*(entering(self.root, self.folder) if self.root else []), *words]

    def _environment(self) -> dict[str, str]:
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return plain_environment() | {
            MARK: str(self.folder.parent / "services.json"),
            "HOME": str(self.folder),  # the Erlang cookie is there
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "empty"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback,
        }

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not (speaks_amqp(self.port) and self._management_answers()):
            if self.pid is None:
                raise ServerDiedError(f"RabbitMQ ended at its start:\n{tail(self._log)}")
            if time.monotonic() > deadline:
                raise ServiceError(f"RabbitMQ did not answer in time:\n{tail(self._log)}")
            time.sleep(0.1)

    def _management_answers(self) -> bool:
        return not self.management_port or serves_http(self.management_port)
