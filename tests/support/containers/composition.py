"""`docker-compose.yml` brought up without an engine: our images' commands, in Compose's order.

PostgreSQL and RabbitMQ are the tests' own; all else runs as the file says.
"""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dev.keeper import ROOT
from tests.support.containers.container import Container
from tests.support.containers.image import Image
from tests.support.deploy.compose_file import read_compose
from tests.support.waits import wait_until

_HEALTHY_SECONDS = 180.0
_STOP_SECONDS = 60.0


class Composition:
    """The services that have an image of ours, each a process or more."""

    def __init__(self, folder: Path) -> None:
        """`folder`: its own, which other users may pass through."""
        folder.mkdir()
        self._folder = folder
        self._file = read_compose({"SECRETS_FOLDER": str(folder / "host")})
        self._services: dict[str, dict[str, Any]] = {
            name: service for name, service in self._file["services"].items() if "build" in service
        }
        dockerfiles = sorted({one["build"]["dockerfile"] for one in self._services.values()})
        self._images = {name: Image(ROOT / name, folder / Path(name).stem) for name in dockerfiles}
        self.containers = {
            name: self._containers(name, service) for name, service in self._services.items()
        }
        subprocess.run(["sh", ROOT / "docker/make-secrets.sh", folder / "host"], check=True)

    def build(self) -> None:
        """All images; two at a time, as it is mostly waiting for pip."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Image.build, self._images.values()))

    def write_secret(self, name: str, value: str) -> None:
        """Let a secret be that of a server that was there before."""
        Path(self._file["secrets"][name]["file"]).write_text(value)

    def up(self, addresses: Callable[[str], Mapping[str, str]]) -> None:
        """Start every service once what it depends on is as it wants it; returns when all work.

        `addresses`: of a service that is about to start, the settings that lead it to others.
        """
        waiting = dict(self._services)
        while waiting:
            ready = [name for name, one in waiting.items() if not self._needs(one) & set(waiting)]
            assert ready, f"Services wait for each other: {sorted(waiting)}"
            for name in ready:
                self._start(name, waiting.pop(name), addresses(name))
        for name in self._services:
            self._wait_healthy(name)

    def down(self) -> dict[str, list[int]]:
        """SIGTERM to all; their exit codes by service."""
        for container in self._all():
            container.terminate()
        return {
            name: [container.wait(_STOP_SECONDS) for container in containers]
            for name, containers in self.containers.items()
        }

    def remove(self) -> None:
        """Whatever happened: end all, show the end of each log, take every file away."""
        for container in self._all():
            container.kill()
            if container.log.exists():
                print(f"--- {container.name}\n{container.tail()}")
        shutil.rmtree(self._folder)

    def _all(self) -> list[Container]:
        return [container for containers in self.containers.values() for container in containers]

    def _needs(self, service: dict[str, Any]) -> set[str]:
        return set(service.get("depends_on", {}))

    def _start(self, name: str, service: dict[str, Any], addresses: Mapping[str, str]) -> None:
        for needed, how in service.get("depends_on", {}).items():
            if needed not in self._services:
                continue  # PostgreSQL and RabbitMQ run
            if how["condition"] == "service_healthy":
                self._wait_healthy(needed)
            else:
                (one,) = self.containers[needed]
                assert one.wait() == 0, one.tail()
        for container in self.containers[name]:
            self._mount(self._folder / container.name, service)
            container.start(addresses)

    def _wait_healthy(self, name: str) -> None:
        for container in self.containers[name]:
            if container.has_probe:
                wait_until(container.is_healthy, _HEALTHY_SECONDS)

    def _mount(self, folder: Path, service: dict[str, Any]) -> None:
        """The secrets a service is given, one by one."""
        (folder / "secrets").mkdir(parents=True)
        (folder / "root").mkdir()
        for secret in service.get("secrets", []):
            # With its mode: what the image's user cannot read here, it cannot read there.
            shutil.copy(self._file["secrets"][secret]["file"], folder / "secrets" / secret)

    def _containers(self, name: str, service: dict[str, Any]) -> list[Container]:
        names = [f"{name}-{n}" for n in range(1, service["deploy"].get("replicas", 1) + 1)]
        image = self._image(service)
        return [Container(one, service, image, self._folder / one) for one in names]

    def _image(self, service: dict[str, Any]) -> Image:
        return self._images[service["build"]["dockerfile"]]
