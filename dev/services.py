"""Finds or starts PostgreSQL and RabbitMQ: `dev/services.py run [--management] -- COMMAND`."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if not __package__:
    # Started by path: this folder would hide the standard library's `mailbox` and `test`.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from dev import install, postgres
from dev.keeper import MARK, ServiceKeeper
from dev.postgres import GivenPostgres, Postgres
from dev.processes import ServerDiedError, ServiceError
from dev.rabbitmq import RabbitMQ
from dev.rabbitmq_elsewhere import DockerRabbitMQ, GivenRabbitMQ
from dev.rabbitmq_root import SCRIPTS, given_root

AnyPostgres = Postgres | GivenPostgres
AnyRabbitMQ = RabbitMQ | DockerRabbitMQ | GivenRabbitMQ


@dataclass(frozen=True)
class Services:
    """Both servers, and the file by which other processes find them."""

    postgres: AnyPostgres
    rabbitmq: AnyRabbitMQ
    file: Path

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def rabbitmq_url(self) -> str:
        return self.rabbitmq.url

    @property
    def management_url(self) -> str | None:
        return self.rabbitmq.management_url

    @property
    def environment(self) -> dict[str, str]:
        """For a process that uses the services; it ends with them at the latest."""
        values = {
            "DATABASE_URL": self.database_url,
            "RABBITMQ_URL": self.rabbitmq_url,
            "RABBITMQ_MANAGEMENT_URL": self.management_url or "",
            MARK: str(self.file),
        }
        return {name: value for name, value in values.items() if value}

    def save(self) -> None:
        """Write the file `attach` reads."""
        self.file.touch(mode=0o600)
        values = {"postgres": self.postgres.to_json(), "rabbitmq": self.rabbitmq.to_json()}
        self.file.write_text(json.dumps(values))


def attach(file: Path) -> Services:
    """The services that another process started, to use, kill and restart."""
    values = json.loads(file.read_text())
    kinds: dict[str, Any] = {"given": GivenRabbitMQ, "docker": DockerRabbitMQ, "node": RabbitMQ}
    broker = dict(values["rabbitmq"])
    rabbitmq: AnyRabbitMQ = kinds[broker.pop("kind")].from_json(broker)
    return Services(postgres.from_json(values["postgres"]), rabbitmq, file)


@contextmanager
def services(*, management: bool = False, durable: bool = True) -> Iterator[Services]:
    """Both services, found or started in parallel; those started end with the block.

    A database started without `durable` does not wait for the disk.

    Raises:
        ServiceError: one of them is not available; the message says what to do.
    """
    keeper, pool = ServiceKeeper(), ThreadPoolExecutor(2)
    try:
        database = pool.submit(_started, lambda: _find_postgres(keeper.folder, durable))
        broker = pool.submit(_started, lambda: _find_rabbitmq(keeper.folder, management))
        found = Services(database.result(), broker.result(), keeper.file)
        found.save()
        yield found
    finally:
        # In this order: if one server failed, the other's start is cancelled at once.
        keeper.close()
        pool.shutdown()


def _started(create: Callable[[], Any]) -> Any:
    """Create and start a server; again with other ports if another process took one first."""
    for last in (False, False, True):
        server = create()
        try:
            server.start()
            return server
        except ServerDiedError:
            if last:
                raise
    raise AssertionError


def _find_postgres(folder: Path, durable: bool) -> AnyPostgres:
    if url := os.environ.get("DATABASE_URL"):
        return GivenPostgres(url)
    return Postgres.create(_fresh(folder, "postgres"), durable=durable)


def _find_rabbitmq(folder: Path, management: bool) -> AnyRabbitMQ:
    if url := _given_rabbitmq():
        return GivenRabbitMQ(url, os.environ.get("RABBITMQ_MANAGEMENT_URL"))
    root = given_root()
    scripts = Path("/") / SCRIPTS if root else install.find_rabbitmq()
    if scripts is None and install.docker_answers():
        return DockerRabbitMQ.create(folder)
    if scripts is None and install.can_install():
        install.apt_install("rabbitmq-server")
        scripts = install.find_rabbitmq()
    if scripts is None:
        raise ServiceError(
            "RabbitMQ is missing: install rabbitmq-server, start Docker, or set RABBITMQ_URL."
        )
    node_folder = _fresh(folder, "rabbitmq")
    return RabbitMQ.create(node_folder, scripts, management=management, root=root)


def _given_rabbitmq() -> str | None:
    if url := os.environ.get("RABBITMQ_URL"):
        return url
    if not os.environ.get("RABBITMQ_HOST"):
        return None
    from postroom.shared.env import Environment
    from postroom.shared.settings import broker_settings

    return broker_settings(Environment()).url


def _fresh(folder: Path, name: str) -> Path:
    tries = sum(1 for path in folder.glob(f"{name}*"))
    return folder / f"{name}{tries or ''}"


def main(arguments: list[str]) -> int:
    """The command line."""
    from dev.running import run  # it imports this module

    try:
        match arguments:
            case ["run", "--management", "--", *command] if command:
                return run(command, management=True)
            case ["run", "--", *command] if command:
                return run(command)
            case ["chromium"]:
                print(install.ensure_chromium())
                return 0
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"No such program: {error.filename}", file=sys.stderr)
        return 127
    except KeyboardInterrupt:
        return 130
    print("Usage: dev/services.py run [--management] -- COMMAND ... | chromium", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
