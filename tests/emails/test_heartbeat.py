"""Relays and schedulers are seen while they live, and dead ones are told apart."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dev.services import Services
from postroom.shared.broker.topology import DEAD_QUEUE
from postroom.shared.process.stopping import StopSignals
from postroom.shared.settings import BrokerSettings
from postroom.web.console import figures
from postroom.web.emails.heartbeat import HeartbeatWriter
from postroom.web.emails.models import Heartbeat as Row
from postroom.web.emails.operating import rabbitmq_state
from postroom.web.emails.operating.rabbitmq_state import RabbitMQState, RabbitMQWatch, read_depth
from postroom.web.emails.relaying.relay import Relay
from postroom.web.jobs.scheduling.scheduler import Scheduler
from tests.conftest import manage
from tests.support.users import root
from tests.support.waits import wait_until


@pytest.mark.django_db
def test_dashboard_tells_the_living_from_the_silent(client: Client) -> None:
    HeartbeatWriter("relay", "host-a:1").beat("running")
    HeartbeatWriter("scheduler", "host-b:2").beat("running")
    long_ago = timezone.now() - timedelta(minutes=2)
    Row.objects.filter(kind="scheduler").update(last_seen_at=long_ago)
    root(client)
    shown = {one["row"].name: one["silent"] for one in figures.heartbeats()}
    assert shown == {"host-a:1": False, "host-b:2": True}
    text = client.get("/postroom/").content.decode()
    assert "host-a:1" in text
    assert '<span class="badge is-bad">silent</span>' in text


@pytest.mark.django_db
def test_beat_within_seconds_costs_no_statement_unless_the_state_changes(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    heartbeat = HeartbeatWriter("relay", "host-a:1")
    with django_assert_num_queries(2):
        for state in ("running", "running", "RabbitMQ cannot be used", "RabbitMQ cannot be used"):
            heartbeat.beat(state)
    assert Row.objects.get().state == "RabbitMQ cannot be used"


@pytest.mark.django_db
def test_stop_takes_its_row_away_and_those_of_the_long_dead() -> None:
    for name in ("mine:1", "silent:2", "dead:3"):
        HeartbeatWriter("relay", name).beat("running")
    now = timezone.now()
    Row.objects.filter(name="silent:2").update(last_seen_at=now - timedelta(hours=23))
    Row.objects.filter(name="dead:3").update(last_seen_at=now - timedelta(hours=25))
    HeartbeatWriter("relay", "mine:1").stop()
    assert list(Row.objects.values_list("name", flat=True)) == ["silent:2"]


def on_thread(work: Callable[[], None]) -> threading.Thread:
    """Run with a database connection of its own, closed at the end."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    close_old_connections()
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_relay_beats_while_it_runs_and_is_gone_after_a_clean_stop(
    database_url: str, rabbitmq_url: str, settings: object
) -> None:
    settings.RABBITMQ_URL = rabbitmq_url  # type: ignore[attr-defined]
    stop = threading.Event()
    waking, wake = os.pipe()
    thread = on_thread(lambda: Relay(name="host-a:1").run(stop, waking))
    try:
        wait_until(lambda: Row.objects.filter(kind="relay", name="host-a:1").exists())
    finally:
        stop.set()
        os.write(wake, b"x")
        thread.join(30)
        os.close(waking)
        os.close(wake)
    assert not thread.is_alive()
    assert not Row.objects.exists()


def test_scheduler_beats_while_it_runs_and_is_gone_after_a_clean_stop(database_url: str) -> None:
    seen: list[Row] = []
    with closing(StopSignals()) as signals:

        def stop_when_seen() -> None:
            seen.extend(wait_until(lambda: list(Row.objects.filter(kind="scheduler"))))
            signals.stop.set()

        thread = on_thread(stop_when_seen)
        Scheduler().run(signals)
        thread.join(30)
    assert seen
    assert not Row.objects.exists()


@pytest.fixture
def dead_queue(services: Services, rabbitmq_url: str) -> BrokerSettings:
    """A dead-letter queue with two messages."""
    host = rabbitmq_url.rpartition("/")[2]
    manage(services, "PUT", f"queues/{host}/{DEAD_QUEUE}", {"durable": True})
    message = {"properties": {}, "routing_key": DEAD_QUEUE, "payload": "x"}
    message["payload_encoding"] = "string"
    for _ in range(2):
        manage(services, "POST", f"exchanges/{host}/amq.default/publish", message)
    return BrokerSettings(rabbitmq_url)


@pytest.mark.fault(28)
def test_depth_is_what_lies_in_the_dead_letter_queue(
    dead_queue: BrokerSettings, services: Services
) -> None:
    url = services.management_url or ""
    # RabbitMQ gathers its statistics every few seconds.
    wait_until(lambda: _answer(url, dead_queue) == 2)
    watch, answered = RabbitMQWatch(url, dead_queue), threading.Event()
    assert watch.last_known(answered.set).dead_letters is None
    assert answered.wait(30)
    assert watch.last_known().dead_letters == 2


@pytest.mark.parametrize("path", ["", "/nonsense"])
def test_depth_of_a_broker_that_is_away_or_strange_is_not_known(
    services: Services, rabbitmq_url: str, path: str
) -> None:
    url = services.management_url or ""
    url = url + path if path else f"http://guest:guest@127.0.0.1:{_closed_port()}"
    watch, answered = RabbitMQWatch(url, BrokerSettings(rabbitmq_url)), threading.Event()
    assert watch.last_known(answered.set).dead_letters is None
    assert answered.wait(30)
    assert watch.last_known().dead_letters is None


@pytest.mark.django_db
def test_dashboard_shows_the_depth_when_it_is_known(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    root(client)
    monkeypatch.setattr(rabbitmq_state, "last_known", lambda: RabbitMQState(41))
    text = client.get("/postroom/").content.decode()
    assert "<dt>Dead letters in RabbitMQ</dt><dd><strong>41</strong></dd>" in text
    monkeypatch.setattr(rabbitmq_state, "last_known", RabbitMQState)
    assert "Dead letters" not in client.get("/postroom/").content.decode()


def _answer(url: str, broker: BrokerSettings) -> int | None:
    try:
        return read_depth(url, broker)
    except (LookupError, ValueError):
        return None


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
