"""One container of `docker-compose.yml` without an engine: a process that sees its image only."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.keeper import MARK
from dev.processes import free_ports
from tests.support.containers.image import Image
from tests.support.containers.namespace import Mount, inside, this_system

_PROBE_SECONDS = 120.0
_PORTS = ("1025", "8000", "8001", "8025")  # that any of our images listens on


class Container:
    """A service's process: it has its image, its settings and its secrets, and no privileges.

    What differs from a container are ports: the network is this machine's.
    """

    def __init__(self, name: str, service: Mapping[str, Any], image: Image, folder: Path) -> None:
        """`folder`: its own, with its secrets in `secrets` and an empty `root`."""
        self.name = name
        self.log = folder / "log"
        self._image = image
        self._service = service
        self._folder = folder
        self._ports: dict[str, int] = {}
        self._environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def port(self, inside: int) -> int:
        """The port of this machine behind a port of the container, once that was started."""
        return self._ports[str(inside)]

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_probe(self) -> bool:
        """Whether the service has a health check of its own."""
        return "test" in self._service.get("healthcheck", {})

    def start(self, addresses: Mapping[str, str]) -> None:
        """Start the service's command; `addresses`: settings that name another container."""
        # Not before: another test might take them meanwhile.
        self._ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        given = {name: str(value) for name, value in self._service.get("environment", {}).items()}
        values = self._image.environment | {"HOSTNAME": self.name} | given
        self._environment = {name: self._at_home(value) for name, value in values.items()}
        self._environment |= addresses
        command = self._service.get("command", self._image.command)
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                self._inside(*command),
                # So that even what is killed with the tests leaves nothing behind.
                env=self._environment | {MARK: os.environ[MARK]},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit code and output of another command in it, as of `docker exec`."""
        done = subprocess.run(
            self._inside(*command),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PROBE_SECONDS,
        )
        return done.returncode, done.stdout

    def is_healthy(self) -> bool:
        """What the service's health check says.

        Raises:
            AssertionError: its process has ended.
        """
        assert self.runs, f"{self.name} ended by itself:\n{self.tail()}"
        kind, *command = self._service["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(*command)[0] == 0

    def wait(self, seconds: float = 180.0) -> int:
        """The exit code, once it has ended by itself.

        Raises:
            TimeoutExpired: it has not.
        """
        assert self._process is not None
        return self._process.wait(seconds)

    def terminate(self) -> None:
        """SIGTERM, as `docker stop` begins; returns at once."""
        if self._process is not None and self.runs:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL if it still lives; returns when it is gone."""
        if self._process is not None and self.runs:
            self._process.kill()
            self._process.wait(10)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _inside(self, *command: str) -> list[str]:
        assert self._service["read_only"] is True
        memory = [Mount(path, tmpfs=options) for path, _, options in self._tmpfs()]
        mounts = [*this_system(), *self._image.mounts(), *memory]
        mounts.append(Mount("/run/secrets", f"{self._folder}/secrets"))
        words = [self._at_home(word) for word in command]
        return [*inside(self._folder / "root", mounts, user=self._image.user), *words]

    def _tmpfs(self) -> Iterator[tuple[str, str, str]]:
        return (one.partition(":") for one in self._service.get("tmpfs", []))

    def _at_home(self, text: str) -> str:
        """The text with this machine's ports, and reachable from this machine only."""
        known = rf"\b({'|'.join(_PORTS)})\b"
        text = re.sub(known, lambda found: str(self._ports[found[0]]), text)
        return text.replace("0.0.0.0", "127.0.0.1")
