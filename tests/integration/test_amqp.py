"""Connecting to RabbitMQ, in the ways it fails."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import amqp
from shared.settings import BrokerSettings


def descriptors() -> int:
    """How many file descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def broken_urls() -> list[str]:
    good = os.environ["RABBITMQ_URL"]
    return ["amqp://guest:guest@127.0.0.1:1/", f"{good.rpartition('/')[0]}/no-such-vhost"]


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("which", [0, 1], ids=["refused", "no such vhost"])
def test_failed_tries_leave_no_descriptors_behind(which: int) -> None:
    settings = BrokerSettings(url=broken_urls()[which])
    before = descriptors()
    for _ in range(5):
        with pytest.raises(Exception, match=r".*"):
            amqp.connect(settings, name="test")
    assert descriptors() <= before


@pytest.mark.usefixtures("no_garbage_collection")
def test_closed_connections_leave_no_descriptors_behind(rabbitmq_url: str) -> None:
    settings = BrokerSettings(url=rabbitmq_url)
    amqp.connect(settings, name="test").close()
    before = descriptors()
    for _ in range(5):
        amqp.connect(settings, name="test").close()
    assert descriptors() <= before
