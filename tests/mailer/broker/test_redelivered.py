"""Messages that come back to RabbitMQ again and again are published anew, never dead-lettered."""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db.models.functions import Now

from dev.services import Services
from postroom.mailer.broker import redelivered
from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.broker.inbox import Delivery, Inbox
from postroom.mailer.pauses import Pauses
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.store import Store
from postroom.shared.broker import topology
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from postroom.web.emails.models import EmailQueue, QueueControl
from postroom.web.emails.relaying.relay import publish_once
from tests.conftest import manage
from tests.support.acceptance.broker import Broker
from tests.support.queued_emails import make_email
from tests.support.waits import wait_until

NORMAL = topology.QUEUES[Priority.NORMAL]
MAIL = 20


class Lane:
    """Notes what is acknowledged."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        assert acknowledge
        self.acknowledged += tags

    def give_back(self, tags: Sequence[int]) -> None:
        raise AssertionError(f"nothing is given back: {tags}")


@pytest.fixture
def broker(rabbitmq_url: str, services: Services) -> Broker:
    return Broker(rabbitmq_url, partial(manage, services))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(Database(database_url, name="test"), mailer="mailer-1", lease_seconds=60)
    yield store
    store.close()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def consumer(broker: Broker, inbox: Inbox, settings: Any) -> Iterator[Consumer]:
    """A mailer's consumer at work, and MAIL messages in its lane."""
    settings.RABBITMQ_URL = broker.url
    consumer = Consumer(BrokerSettings(url=broker.url), inbox, name="test", prefetch=100)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    yield consumer
    consumer.stop_taking()
    thread.join()
    consumer.close()


def seen(inbox: Inbox, store: Store) -> Callable[[], bool]:
    """What the claiming thread and the relay do, until the mailer has all messages in hand."""

    def all_in_hand() -> bool:
        if redelivered.publish_again(inbox, store):
            publish_once(name="test")
        return len(inbox) == MAIL

    return all_in_hand


@pytest.mark.fault(22)
def test_mail_that_waits_through_25_pauses_stays_in_its_lane(
    consumer: Consumer, inbox: Inbox, store: Store, broker: Broker
) -> None:
    pauses = Pauses(consumer)
    for _ in range(MAIL):
        make_email()
    wait_until(lambda: consumer.consuming)
    publish_once(name="test")
    for _turn in range(25):
        wait_until(seen(inbox, store))
        QueueControl.objects.create(lane="all")
        pauses.update(store.paused_lanes())
        wait_until(lambda: broker.all_ready() == {NORMAL: MAIL})
        QueueControl.objects.all().delete()
        pauses.update(store.paused_lanes())
    wait_until(seen(inbox, store))
    assert broker.ready(topology.DEAD_QUEUE) == 0
    assert set(EmailQueue.objects.values_list("status", "attempts")) == {("pending", 0)}
    assert len(store.claim(list(EmailQueue.objects.values_list("pk", flat=True)))) == MAIL


def test_mail_of_a_finished_email_is_only_acknowledged(
    consumer: Consumer, inbox: Inbox, store: Store, broker: Broker
) -> None:
    make_email()
    publish_once(name="test")
    wait_until(lambda: len(inbox) == 1)
    EmailQueue.objects.update(status="cancelled")
    (delivery,) = inbox.take(1, 0)
    inbox.put_redelivered(delivery)
    assert redelivered.publish_again(inbox, store) == 0
    assert publish_once(name="test")["published"] == 0
    consumer.stop_taking()
    consumer.close()
    assert broker.all_ready() == {}


def test_redelivered_message_of_a_locked_row_stays_until_the_row_is_free(
    inbox: Inbox, store: Store, database_url: str
) -> None:
    locked, free = make_email(), make_email()
    lane = Lane()
    for email in (locked, free):
        inbox.put_redelivered(Delivery(email.pk, Priority.NORMAL, lane, email.pk))
    EmailQueue.objects.update(published_at=Now())
    with psycopg.connect(database_url) as somebody:
        somebody.execute("SELECT 1 FROM postroom_emailqueue WHERE id = %s FOR UPDATE", (locked.pk,))
        assert redelivered.publish_again(inbox, store) == 1
        assert lane.acknowledged == [free.pk]
        assert redelivered.publish_again(inbox, store) == 0
    assert redelivered.publish_again(inbox, store) == 1
    assert lane.acknowledged == [free.pk, locked.pk]
    assert not EmailQueue.objects.filter(published_at__isnull=False).exists()


def test_redelivered_message_of_a_row_that_cannot_be_read_is_left_to_the_claim(
    inbox: Inbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: object) -> dict[int, bool]:
        raise psycopg.errors.DataCorrupted("invalid page in block 7")

    monkeypatch.setattr(store, "publish_again", unreadable)
    delivery = Delivery(1, Priority.NORMAL, Lane(), 1)
    inbox.put_redelivered(delivery)
    assert redelivered.publish_again(inbox, store) == 0
    assert inbox.take(1, 0) == [delivery]
    assert inbox.redelivered() == []
