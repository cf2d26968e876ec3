"""A channel that RabbitMQ closed is opened again, and nothing is settled on the wrong one."""

import threading
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import pytest

from dev.services import Services
from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.broker.inbox import Delivery, Inbox, settle
from postroom.shared.settings import BrokerSettings
from tests.conftest import manage
from tests.support.acceptance.broker import Broker
from tests.support.waits import wait_until


class Consuming(SimpleNamespace):
    """A mailer's consumer at work on a broker of its own."""

    broker: Broker
    inbox: Inbox
    consumer: Consumer

    def next(self) -> Delivery:
        """The delivery that comes next."""
        wait_until(lambda: len(self.inbox))
        (delivery,) = self.inbox.take(1, 0)
        return delivery


@pytest.fixture
def consuming(rabbitmq_url: str, services: Services) -> Iterator[Consuming]:
    broker, inbox = Broker(rabbitmq_url, partial(manage, services)), Inbox()
    consumer = Consumer(BrokerSettings(url=rabbitmq_url), inbox, name="test", prefetch=10)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    wait_until(lambda: consumer.consuming)
    yield Consuming(broker=broker, inbox=inbox, consumer=consumer)
    consumer.stop_taking()
    thread.join()
    consumer.close()


def channel_dies(consuming: Consuming) -> tuple[Delivery, Delivery]:
    """RabbitMQ closes the channel of a delivery; the same message on the old and the new one."""
    consuming.broker.publish([1])
    old = consuming.next()
    old.source.settle([99], acknowledge=True)  # a tag there never was: RabbitMQ closes the channel
    new = consuming.next()
    assert new.email_id == old.email_id
    assert new.source is not old.source
    return old, new


@pytest.mark.fault(21)
def test_message_of_a_closed_channel_comes_again_on_a_new_one(consuming: Consuming) -> None:
    _, new = channel_dies(consuming)
    assert consuming.consumer.consuming
    settle([new])
    consuming.consumer.stop_taking()
    consuming.consumer.close()
    assert consuming.broker.all_ready() == {}


@pytest.mark.fault(37, 38)
def test_late_acknowledgement_on_a_closed_channel_settles_nothing(consuming: Consuming) -> None:
    old, new = channel_dies(consuming)
    assert new.tag == old.tag  # taken for one of the new channel's, it would hit this message
    settle([old])
    consuming.consumer.stop_taking()
    consuming.consumer.close()
    wait_until(lambda: list(consuming.broker.all_ready().values()) == [1])
