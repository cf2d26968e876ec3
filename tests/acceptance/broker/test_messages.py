"""What travels through RabbitMQ, and what becomes of messages that cannot be used."""

import json
import mmap
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pika
import pytest

from dev.rabbitmq import RabbitMQ
from dev.services import Services
from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from postroom.web.emails import transitions
from tests.acceptance.conftest import KEEP
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import ScriptedServer, say

NORMAL = topology.QUEUES[Priority.NORMAL]
_PUBLISHED = "SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NOT NULL"


def test_message_names_the_email_and_nothing_personal(system: System, services: Services) -> None:
    secret = f"secret{secrets.token_hex(8)}"
    relay = system.start_relay()
    began = int(time.time())
    (email_id,) = system.queue(
        recipients=[f"{secret}@example.org"],
        cc=[f"Name {secret} <cc@{secret}.example.org>"],
        subject=f"Subject {secret}",
        plain_body=f"Text {secret}",
        html_body=f"<p>Mark-up {secret}</p>",
        email_type="inquiry_received",
        source_app="submissions",
        metadata={"note": secret},
        headers={"X-Note": secret},
    )
    system.wait(lambda: system.query(_PUBLISHED) == [(1,)])
    assert relay.stop() == 0
    # While the broker still has it: these are the files an operator, or a thief, can read.
    if isinstance(services.rabbitmq, RabbitMQ):
        data = services.rabbitmq.folder / "data"
        assert any(_files_with(data, f"email-{email_id}-1".encode())), "searched in the wrong place"
        assert list(_files_with(data, secret.encode())) == []
    ((body, properties),) = system.broker.take(NORMAL)
    assert json.loads(body) == {"email_id": email_id, "attempt": 1}
    assert properties.delivery_mode == 2
    assert properties.content_type == "application/json"
    assert properties.type == "email.requested.v1"
    assert properties.message_id == f"email-{email_id}-1"
    assert properties.app_id == "postroom"
    assert properties.timestamp is not None
    assert properties.headers is not None
    assert began <= properties.timestamp <= time.time()
    # RabbitMQ adds x-delivery-count.
    ours = {name for name in properties.headers if not name.startswith("x-")}
    assert ours - {"traceparent"} == {"email_type", "source_app", "attempt", "installation"}
    assert properties.headers["email_type"] == "inquiry_received"
    assert properties.headers["source_app"] == "submissions"
    assert properties.headers["attempt"] == 1
    assert secret not in repr((body, properties))


@pytest.mark.parametrize("lane", list(Priority))
def test_each_priority_travels_in_its_own_queue(system: System, lane: Priority) -> None:
    system.start_relay()
    system.queue(3, priority=lane.value)
    system.wait(lambda: system.query(_PUBLISHED) == [(3,)])
    assert system.broker.all_ready() == {topology.QUEUES[lane]: 3}


def test_message_of_an_email_that_failed_for_good_is_in_the_dead_queue_and_a_requeue_sends_it(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    smtp.script = KEEP.when("mail", say("550 5.7.1 not from you"))
    system.start_relay()
    system.start_mailer()
    ids = system.queue(2)
    system.wait_until_settled()
    assert system.statuses() == {Status.FAILED: 2}
    system.wait(lambda: system.broker.all_ready() == {topology.DEAD_QUEUE: 2})
    dead = {json.loads(body)["email_id"] for body, _ in system.broker.take(topology.DEAD_QUEUE)}
    assert dead == set(ids)
    smtp.script = KEEP
    assert transitions.requeue(ids) == ids
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 2}
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
    system.wait_until_queues_are_empty()


@pytest.mark.fault(41, 45)
def test_junk_goes_to_the_dead_queue_and_the_mailer_lives_on(system: System) -> None:
    system.start_relay()
    mailer = system.start_mailer()
    good = b'{"email_id":1,"attempt":1}'
    known = "email.requested.v1"
    junk = [
        (good, pika.BasicProperties(type="email.requested.v99")),
        (good, pika.BasicProperties(type="something.else")),
        (good, pika.BasicProperties()),
        (b"", pika.BasicProperties(type=known)),
        (b"{", pika.BasicProperties(type=known)),
        (b"[]", pika.BasicProperties(type=known)),
        (b"\xff\xfe\x00", pika.BasicProperties(type=known)),
        (b"[" * 100_000, pika.BasicProperties(type=known)),
        (b'{"email_id":0,"attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":-1,"attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":true,"attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":1e300,"attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":"1","attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":9223372036854775808,"attempt":1}', pika.BasicProperties(type=known)),
        (b'{"email_id":' + b"9" * 5000 + b',"attempt":1}', pika.BasicProperties(type=known)),
    ]
    mailer.wait_for_log("broker_connected")
    for lane in Priority:
        system.broker.publish_raw(junk, lane)
    ids = system.queue(10)
    system.wait_until_settled()
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == 3 * len(junk))
    assert system.statuses() == {Status.COMPLETED: 10}
    assert len(mailer.logged("message_not_understood")) == 3 * len(junk)
    assert len(mailer.logged("broker_connected")) == 1
    system.wait(lambda: not system.broker.held())
    assert system.broker.all_ready() == {topology.DEAD_QUEUE: 3 * len(junk)}
    system.assert_contract(ids)


def test_message_in_the_dead_queue_may_be_looked_at_again_and_again(system: System) -> None:
    system.broker.declare()
    junk = [(b"{", pika.BasicProperties(type="email.requested.v1", delivery_mode=2))]
    system.broker.publish_raw(junk)
    system.start_mailer()
    system.wait(lambda: system.broker.ready(topology.DEAD_QUEUE) == 1)
    # As the management page does. A limit of RabbitMQ's own would drop it at the 21st time.
    page = f"queues/{system.broker.vhost}/{topology.DEAD_QUEUE}/get"
    look = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "auto"}
    for _ in range(30):
        system.wait(lambda: system.broker.manage("POST", page, look))


@pytest.mark.fault(42)
def test_message_without_a_row_is_acknowledged(system: System) -> None:
    system.start_mailer().wait_for_log("broker_connected")
    system.broker.publish([4_000_000_000, 2**63 - 1])
    system.broker.publish(ids := system.queue(1))
    system.wait_until_settled()
    system.wait_until_queues_are_empty()
    system.assert_contract(ids)


def _files_with(folder: Path, words: bytes) -> Iterator[str]:
    """Queues of other tests come and go meanwhile, with their folders and files."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            with suppress(FileNotFoundError), path.open("rb") as file:
                if not os.fstat(file.fileno()).st_size:
                    continue
                with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
                    if data.find(words) >= 0:
                        yield path.name
