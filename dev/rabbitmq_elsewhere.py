"""RabbitMQ that `rabbitmq.py` does not run: given by its URL, or a Docker container."""

import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dev.answering import serves_http, speaks_amqp
from dev.processes import ServiceError, free_ports

_IMAGE = "rabbitmq:4-management"
_START_SECONDS = 180.0


@dataclass
class GivenRabbitMQ:
    """A broker given by `RABBITMQ_URL`: used as it is, never started or stopped."""

    url: str
    management_url: str | None = None
    pid = None

    def start(self) -> None:
        """Nothing to do: it runs."""

    def stop(self) -> None:
        """Nothing to do: we did not start it."""

    def kill(self) -> None:
        raise ServiceError("This test stops the broker: unset RABBITMQ_URL to run it.")

    pause = resume = wipe = kill

    def ctl(self, *arguments: str, timeout: float = 180) -> str:
        raise ServiceError("This test needs rabbitmqctl: unset RABBITMQ_URL to run it.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "given"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "GivenRabbitMQ":
        return cls(**values)


@dataclass
class DockerRabbitMQ:
    """A container with its ports published on 127.0.0.1; the keeper removes it by its name."""

    name: str
    password: str
    port: int
    management_port: int

    @classmethod
    def create(cls, folder: Path) -> "DockerRabbitMQ":
        """Pull the image and run the container; the first time this takes minutes."""
        port, management_port = free_ports(2)
        name = f"postroom-{secrets.token_hex(6)}"
        # Written first, so that the keeper can remove the container whatever happens.
        (folder / "container").write_text(name)
        container = cls(name, secrets.token_hex(16), port, management_port)
        print(
            "Starting RabbitMQ in Docker (the first time downloads the image) ...", file=sys.stderr
        )
        container._docker(
            *("run", "--detach", "--name", name),
            *("--publish", f"127.0.0.1:{port}:5672"),
            *("--publish", f"127.0.0.1:{management_port}:15672"),
            *("--env", "RABBITMQ_DEFAULT_USER=postroom"),
            *("--env", f"RABBITMQ_DEFAULT_PASS={container.password}"),
            _IMAGE,
        )
        return container

    @property
    def url(self) -> str:
        return f"amqp://postroom:{self.password}@127.0.0.1:{self.port}/%2F"

    @property
    def management_url(self) -> str | None:
        return f"http://postroom:{self.password}@127.0.0.1:{self.management_port}"

    @property
    def pid(self) -> int | None:
        state = self._docker("inspect", "--format", "{{.State.Pid}}", self.name)
        return int(state) or None

    def start(self) -> None:
        self._docker("start", self.name)
        deadline = time.monotonic() + _START_SECONDS
        while not (speaks_amqp(self.port) and serves_http(self.management_port)):
            if time.monotonic() > deadline:
                raise ServiceError(f"RabbitMQ in Docker did not answer: docker logs {self.name}")
            time.sleep(0.2)

    def stop(self) -> None:
        self._docker("stop", self.name)

    def kill(self) -> None:
        self._docker("kill", self.name)

    def wipe(self) -> None:
        self.start()
        self.ctl("stop_app")
        self.ctl("force_reset")
        self.stop()

    def pause(self) -> None:
        self._docker("pause", self.name)

    def resume(self) -> None:
        self._docker("unpause", self.name)

    def ctl(self, *arguments: str, timeout: float = 180) -> str:
        return self._docker("exec", self.name, "rabbitmqctl", *arguments, timeout=timeout)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"kind": "docker"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "DockerRabbitMQ":
        return cls(**values)

    def _docker(self, *arguments: str, timeout: float = 600) -> str:
        done = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=timeout
        )
        if done.returncode:
            raise ServiceError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout.strip()
