"""RabbitMQ nodes for one test: of the same version as the shared one, ended with the services."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dev.rabbitmq import RabbitMQ
from dev.services import Services


def private_node(services: Services) -> RabbitMQ:
    """A node, made and not started yet. Its test stops it."""
    shared = services.rabbitmq
    if not isinstance(shared, RabbitMQ):
        pytest.fail("Unset RABBITMQ_URL and install rabbitmq-server: this test runs its own nodes.")
    folder = services.file.with_name(f"rabbitmq-{secrets.token_hex(4)}")
    return RabbitMQ.create(folder, shared.scripts, management=False, root=shared.root)


def configure(node: RabbitMQ, *settings: str) -> None:
    """More lines for `rabbitmq.conf`."""
    with (node.folder / "rabbitmq.conf").open("a") as file:
        file.write("\n".join(("", *settings, "")))


def private_cluster(services: Services, conf: Path, size: int) -> list[RabbitMQ]:
    """Nodes that find each other by `conf`, made and not started; start all at once.

    The first node's name server serves them all: it starts before and stops after the others.
    """
    first, *others = (private_node(services) for _ in range(size))
    nodes = [
        first,
        *(replace(n, epmd_port=first.epmd_port, password=first.password) for n in others),
    ]
    cookie = secrets.token_hex(16)
    lines = _named(conf.read_text(), nodes)
    for node in nodes:
        for name in ("rabbitmq.conf", "plugins"):
            (node.folder / name).write_text((first.folder / name).read_text())
        (node.folder / ".erlang.cookie").write_text(cookie)
        (node.folder / ".erlang.cookie").chmod(0o400)
        if node is not first:
            (node.folder / "epmd.pid").symlink_to(first.folder / "epmd.pid")
    for node in nodes:
        configure(node, lines)
    return nodes


def _named(conf: str, nodes: Sequence[RabbitMQ]) -> str:
    for number, node in enumerate(nodes, 1):
        assert conf.count(f"rabbit@rabbit{number}\n") == 1
        conf = conf.replace(f"rabbit@rabbit{number}\n", f"{node.name}\n")
    return conf
