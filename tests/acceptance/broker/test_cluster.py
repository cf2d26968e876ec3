"""Three RabbitMQ nodes as deploy/rabbitmq/cluster sets them up: a lane's leader dies under load."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dev.keeper import ROOT
from dev.rabbitmq import RabbitMQ
from dev.services import Services
from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from tests.support.acceptance.broker import Broker
from tests.support.acceptance.freezing_server import FROZEN_AFTER_DOT, FreezingServer, freeze
from tests.support.acceptance.private_brokers import private_cluster
from tests.support.acceptance.system import System

CONF = ROOT / "deploy/rabbitmq/cluster/rabbitmq.conf"
NORMAL = topology.QUEUES[Priority.NORMAL]


@pytest.fixture
def nodes(services: Services) -> Iterator[list[RabbitMQ]]:
    """A cluster of three."""
    nodes = private_cluster(services, CONF, 3)
    start(nodes)
    yield nodes
    for node in reversed(nodes):
        node.kill()
    nodes[0].stop()


def start(nodes: Sequence[RabbitMQ]) -> None:
    """All at once: they wait for each other."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(RabbitMQ.start, nodes))


@pytest.fixture
def clustered(
    nodes: list[RabbitMQ], fresh_database: str, smtp: FreezingServer, tmp_path: Path
) -> Iterator[System]:
    """The system on the cluster; its URL names every node."""
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
    login, _, own = nodes[0].url.rpartition("@")
    broker = Broker(f"{login}@{hosts}/{own.partition('/')[2]}", no_management)
    system = System(database_url=fresh_database, broker=broker, catcher=smtp, folder=tmp_path)
    yield system
    system.close()


def no_management(*_arguments: object) -> Any:
    raise AssertionError("the nodes of the cluster have no management plugin")


@pytest.mark.fault(17, 18)
@pytest.mark.alone
def test_leader_killed_in_the_middle_and_then_another_loses_nothing(
    clustered: System, nodes: list[RabbitMQ], smtp: FreezingServer
) -> None:
    system = clustered
    relay, mailer = system.start_relay(), system.start_mailer(MAILER_PREFETCH=50)
    ids = system.queue(300, on_unknown="hold")
    freeze(system, smtp, FROZEN_AFTER_DOT)
    leader, members = queue(nodes[0], NORMAL)
    assert sorted(members) == sorted(node.name for node in nodes)
    (killed,) = (node for node in nodes if node.name == leader)
    killed.kill()
    assert system.statuses()[Status.PENDING], "nothing was left to do: not the middle"
    ids += system.queue(100, on_unknown="hold")
    smtp.release()
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 400}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
    alone, second = (node for node in nodes if node is not killed)
    assert queue(alone, NORMAL)[0] != leader

    # The one that is left has no majority: it serves nobody until it sees another.
    troubles = {one: len(one.logged("broker_unavailable")) for one in (relay, mailer)}
    second.kill()
    ids += system.queue(50)
    for program, before in troubles.items():
        program.wait_for_log("broker_unavailable", times=before + 1)
    assert system.statuses()[Status.PENDING] == 50
    start([killed, second])
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 450}
    system.assert_contract(ids)
    assert set(queue(alone, NORMAL, "online")[1]) == set(members)


def queue(node: RabbitMQ, name: str, who: str = "members") -> tuple[str, list[str]]:
    """The node that leads a queue, and its members, or those of them that are `online`."""
    rows = json.loads(node.ctl("list_queues", "name", "leader", who, "--formatter", "json"))
    (found,) = (row for row in rows if row["name"] == name)
    return found["leader"], found[who]
