"""Connecting to RabbitMQ, in the ways it fails."""

import gc
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pika.exceptions
import pytest
from structlog.testing import capture_logs

from postroom.shared.broker import amqp
from postroom.shared.settings import BrokerSettings

REFUSED = "127.0.0.1:1 refuses connections: nothing listens there. Is RabbitMQ running?"


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


# --- several hosts


def beside(url: str, other: str) -> str:
    """The URL with another host beside its own."""
    before, _, after = url.rpartition("@")
    return f"{before}@{other},{after}"


@pytest.mark.fault(59)
def test_host_that_is_away_does_not_keep_us_from_the_others(
    rabbitmq_url: str,
) -> None:
    settings = BrokerSettings(url=beside(rabbitmq_url, "127.0.0.1:1"))
    # The order is one of chance: twenty times in a row the good one first is one in a million.
    with capture_logs() as lines:
        for _ in range(20):
            amqp.connect(settings, name="test").close()
    assert {line["host"] for line in lines} == {"127.0.0.1:1"}
    assert {line["error"] for line in lines} == {REFUSED}


def test_no_host_to_be_had_is_told_by_the_last() -> None:
    settings = BrokerSettings(url="amqp://guest:guest@127.0.0.1:1,127.0.0.1:2/")
    with pytest.raises(pika.exceptions.AMQPConnectionError) as error:
        amqp.connect(settings, name="test")
    assert re.sub("1:[12]", "1:1", amqp.describe(error.value)) == REFUSED


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "login": (
        lambda url: re.sub("//[^@]*@", "//guest:secret@", url),
        " refuses the user or the password",
    ),
    "virtual host": (
        lambda url: f"{url.rpartition('/')[0]}/no-such-vhost",
        ": NOT_ALLOWED - vhost no-such-vhost not found",
    ),
    "name": (
        lambda url: re.sub("@[^/]+", "@no-such-host.invalid", url),
        "no-such-host.invalid:5672: this host name is not known to DNS (",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_trouble_is_told_in_plain_words_with_host_and_port(name: str) -> None:
    change, words = WRONG[name]
    url = change(os.environ["RABBITMQ_URL"])
    with pytest.raises(pika.exceptions.AMQPConnectionError) as error:
        amqp.connect(BrokerSettings(url=url), name="test")
    shown = amqp.describe(error.value)
    assert words in shown
    assert urlsplit(url).netloc.rpartition("@")[2] in shown
    assert "secret" not in shown
