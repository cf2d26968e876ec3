"""What Postroom declares: no message travels in a circle, and none has an end of its time."""

from functools import partial
from typing import Any

import pytest

from dev.services import Services
from postroom.shared.broker import topology
from tests.conftest import manage
from tests.support.acceptance.broker import Broker


@pytest.fixture
def queues(rabbitmq_url: str, services: Services) -> dict[str, dict[str, Any]]:
    """The arguments of each queue, as RabbitMQ has them."""
    broker = Broker(rabbitmq_url, partial(manage, services))
    broker.declare()
    found = broker.manage("GET", f"queues/{broker.vhost}")
    return {queue["name"]: queue["arguments"] for queue in found}


@pytest.mark.fault(24)
def test_dead_letters_go_one_way_and_stay(queues: dict[str, dict[str, Any]]) -> None:
    dead = queues.pop(topology.DEAD_QUEUE)
    assert "x-dead-letter-exchange" not in dead
    assert set(queues) == set(topology.QUEUES.values())
    for arguments in (*queues.values(), dead):
        assert not {"x-message-ttl", "x-expires"} & arguments.keys()
    assert {q["x-dead-letter-exchange"] for q in queues.values()} == {topology.DEAD_EXCHANGE}
