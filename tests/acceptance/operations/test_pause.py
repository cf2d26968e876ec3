"""Pause and resume: mailers take nothing more, keep nothing, lose nothing, and go on after."""

from urllib.parse import quote

import pytest

from postroom.shared.broker import topology
from postroom.shared.status import Priority, Status
from tests.support.acceptance.system import System

_PUBLISHED = "SELECT count(*) FROM postroom_emailqueue WHERE published_at IS NOT NULL"
_STATE = "SELECT state FROM postroom_mailer"


def command(system: System, *words: str) -> str:
    """`postroom-mailer ...`: its output, after it ended well."""
    program = system.start("command", ["-m", "postroom.mailer", *words])
    assert program.wait() == 0, program.tail()
    system.programs.remove(program)
    return program.tail()


def published(system: System) -> int:
    return int(system.query(_PUBLISHED)[0][0])


@pytest.mark.parametrize("order", ["mailer first", "pause first"])
def test_paused_mail_waits_in_rabbitmq_and_goes_out_after_the_resume(
    system: System, order: str
) -> None:
    system.start_relay()
    warm: list[int] = []
    if order == "mailer first":
        system.start_mailer()
        warm = system.queue(1)
        system.wait_for_mail(1)
    assert "all mail is paused" in command(system, "pause", "--reason", "typo")
    ids = system.queue(60)
    system.wait(lambda: published(system) == 60 + len(warm))
    if order == "pause first":
        system.start_mailer()
    mailer = system.programs[-1]
    mailer.wait_for_log("paused")
    # Given back, not acknowledged: other mailers and the management page see them.
    system.wait(lambda: system.broker.all_ready() == {topology.QUEUES[Priority.NORMAL]: 60})
    system.wait(lambda: system.query(_STATE) == [("paused",)])
    assert len(system.arrived()) == len(warm)
    assert system.statuses(ids) == {Status.PENDING: 60}
    assert "resumed: all" in command(system, "resume")
    system.wait_until_settled()
    assert system.query("SELECT DISTINCT attempts FROM postroom_emailqueue") == [(1,)]
    assert set(system.copies().values()) == {1}
    assert len(mailer.logged("paused")) == len(mailer.logged("resumed")) == 1
    system.assert_contract(ids)


def test_paused_lane_leaves_the_others_alone(system: System) -> None:
    system.start_relay()
    system.start_mailer()
    command(system, "pause", "--lane", "bulk")
    held = system.queue(10, priority="bulk")
    ids = system.queue(10) + system.queue(10, priority="high")
    system.wait_for_mail(20)
    system.wait(lambda: system.query(_STATE) == [("paused: bulk",)])
    assert system.statuses(held) == {Status.PENDING: 10}
    assert "resumed: bulk" in command(system, "resume", "--lane", "bulk")
    system.wait_until_settled()
    system.assert_contract(held + ids)


def test_what_was_being_sent_when_the_pause_came_is_finished_once(system: System) -> None:
    system.start_relay()
    system.start_mailer()
    ids = system.queue(400)
    system.wait_for_mail(20)
    command(system, "pause")
    # A claim that began before the pause may still end after it.
    system.wait(lambda: not system.ids_in(Status.PROCESSING))
    arrived = len(system.arrived())
    assert arrived == len(system.ids_in(Status.COMPLETED))
    command(system, "resume")
    system.wait_until_settled()
    assert set(system.copies().values()) == {1}
    assert system.ids_flagged() == set()
    system.assert_contract(ids)


def test_pause_of_one_lane_ends_when_all_is_resumed(system: System) -> None:
    command(system, "pause")
    command(system, "pause", "--lane", "bulk")
    assert "already paused" in command(system, "pause", "--lane", "bulk")
    output = command(system, "resume", "--lane", "bulk")
    assert "resumed: bulk" in output
    assert "still paused: all" in output
    assert "resumed: all" in command(system, "resume")
    assert "resumed: nothing" in command(system, "resume")


@pytest.mark.fault(20)
def test_mail_lost_by_rabbitmq_during_a_pause_goes_out_after_it(system: System) -> None:
    system.broker.declare()
    system.start_relay()
    system.start_mailer()
    normal = topology.QUEUES[Priority.NORMAL]
    command(system, "pause")
    ids = system.queue(20)
    system.wait(lambda: system.broker.all_ready() == {normal: 20})
    system.wait(lambda: system.query(_STATE) == [("paused",)])
    system.broker.purge(normal)
    system.wait(lambda: system.broker.all_ready() == {normal: 20})
    command(system, "resume")
    system.wait_until_settled()
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)


@pytest.mark.fault(18)
def test_connection_lost_during_a_pause_is_made_anew_after_it(system: System) -> None:
    system.start_relay()
    system.start_mailer()
    command(system, "pause", "--lane", "normal")
    system.wait(lambda: system.query(_STATE) == [("paused: normal",)])
    ids = system.queue(20)
    (connection,) = system.wait(lambda: system.broker.connections("mailer"))
    system.broker.manage("DELETE", f"connections/{quote(connection['name'], safe='')}")
    ids += system.queue(5, priority="high")
    system.wait_for_mail(5)
    assert len(system.arrived()) == 5
    command(system, "resume")
    system.wait_until_settled()
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)


@pytest.mark.fault(22)
def test_messages_that_came_back_often_are_published_again_before_rabbitmq_drops_them(
    system: System,
) -> None:
    normal = topology.QUEUES[Priority.NORMAL]
    # What the mailer holds is in no queue: an impatient relay would take it for lost meanwhile.
    system.start_relay(EMAIL_LOST_AFTER_SECONDS=600)
    ids = system.queue(20)
    system.wait(lambda: published(system) == 20)
    system.broker.hand_around(normal, times=12)
    system.wait(lambda: system.broker.all_ready() == {normal: 20})
    mailer = system.start_mailer()
    system.wait_until_settled()
    assert sum(line["count"] for line in mailer.logged("published_again")) == 20
    assert system.broker.ready(topology.DEAD_QUEUE) == 0
    assert set(system.copies().values()) == {1}
    system.assert_contract(ids)
