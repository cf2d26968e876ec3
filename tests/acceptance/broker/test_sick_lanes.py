"""One lane of the queue in trouble: the others go on as if nothing was, and it comes back alone."""

from urllib.parse import quote, urlsplit

import pytest

from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from tests.support.acceptance.mailer_probes import run
from tests.support.acceptance.system import System

BULK = topology.QUEUES[Priority.BULK]
_PUBLISHED = """
SELECT count(*) FROM postroom_emailqueue WHERE priority = %s AND published_at IS NOT NULL
"""


def published(system: System, lane: Priority) -> int:
    """How many e-mails of a lane the broker has confirmed."""
    return int(system.query(_PUBLISHED, lane)[0][0])


def wait_until_published(system: System, lane: Priority, number: int) -> None:
    system.wait(lambda: published(system, lane) == number)


@pytest.mark.fault(9)
def test_full_lane_rests_while_the_relay_publishes_the_others(system: System) -> None:
    system.broker.declare()
    policy = f"policies/{system.broker.vhost}/full"
    bulk_only = {"pattern": f"^{BULK}$".replace(".", "\\."), "apply-to": "queues"}
    system.broker.manage("PUT", policy, bulk_only | {"definition": {"max-length": 1}})
    relay = system.start_relay()
    ids = system.queue(20, priority="bulk")
    # The limit of a quorum queue is soft: it may take all of these, and none after them.
    system.wait(lambda: published(system, Priority.BULK) == 20 or relay.logged("lane_unavailable"))
    ids += system.queue(20, priority="bulk")
    relay.wait_for_log("lane_unavailable")
    for lane in (Priority.HIGH, Priority.NORMAL):
        ids += system.queue(20, priority=lane.value)
        wait_until_published(system, lane, 20)
    assert published(system, Priority.BULK) < 40
    assert {line["lane"] for line in relay.logged("lane_unavailable")} == {"bulk"}
    system.start_mailer()  # it empties the lane, a little at a time
    system.wait_until_settled()
    system.assert_contract(ids)


@pytest.mark.fault(12)
@pytest.mark.parametrize("lane", [Priority.BULK, Priority.HIGH])
def test_lane_that_may_not_be_consumed_is_tried_again_beside_the_others(
    system: System, lane: Priority
) -> None:
    system.broker.declare()
    user = quote(urlsplit(system.broker.url).username or "", safe="")
    permissions = f"permissions/{system.broker.vhost}/{user}"
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    queue = topology.QUEUES[lane].replace(".", "\\.")
    system.broker.manage("PUT", permissions, everything | {"read": f"^(?!{queue}$).*"})
    mailer = system.start_mailer(RABBITMQ_TOPOLOGY="verify")
    mailer.wait_for_log("lane_unavailable")
    system.start_relay(RABBITMQ_TOPOLOGY="verify")
    ids = system.queue(10, priority=lane.value)
    system.wait(lambda: published(system, lane) == 10)
    ids += system.queue(20)
    system.wait_for_mail(20)
    system.broker.manage("PUT", permissions, everything)
    system.wait_until_settled()
    system.assert_contract(ids)
    assert len(mailer.logged("broker_connected")) == 1
    assert {line["lane"] for line in mailer.logged("lane_unavailable")} == {lane.value}


@pytest.mark.parametrize("lane", [Priority.BULK, Priority.NORMAL])
def test_lane_whose_queue_is_another_one_is_in_trouble_alone_until_it_is_mended(
    system: System, lane: Priority
) -> None:
    queue = topology.QUEUES[lane]
    with system.broker._channel() as channel:
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "classic"})
    relay, mailer = system.start_relay(), system.start_mailer()
    sick = system.queue(5, priority=lane.value)
    ids = [*sick]
    for other in set(Priority) - {lane}:
        ids += system.queue(5, priority=other.value)
    system.wait_for_mail(10)
    for program in (relay, mailer):
        program.wait_for_log("lane_unavailable")
        assert {line["lane"] for line in program.logged("lane_unavailable")} == {lane.value}
        assert "delete_queue" in program.logged("lane_unavailable")[0]["error"], "how to repair it"
    assert system.statuses(sick) == {Status.PENDING: 5}
    code, text = run(system, "check")
    assert code == 1
    (trouble,) = [line for line in text.splitlines() if line.startswith("FAIL")]
    assert trouble.startswith("FAIL  RabbitMQ: ")
    assert f"'{queue}'" in trouble
    with system.broker._channel() as channel:
        channel.queue_delete(queue)
    system.wait_until_settled()
    system.assert_contract(ids)
    assert mailer.running
    assert relay.running
