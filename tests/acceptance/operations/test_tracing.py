"""One trace, made by real processes and read by a collector: request, queue, publish, attempt."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from tests.support.acceptance.freezing_server import FreezingServer
from tests.support.acceptance.system import System
from tests.support.acceptance.trace_collector import Collector, Seen
from tests.support.smtp.scripted_server import Script, say

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
INQUIRY = {
    "name": "Ann Lee",
    "email": "ann@example.org",
    "topic": "general",
    "message": "Where is my parcel?",
}


@pytest.fixture
def collector(system: System) -> Iterator[Collector]:
    """Every program of `system` started from now on sends its spans here."""
    with Collector() as collector:
        system.environment |= collector.environment
        yield collector


def post_inquiry(system: System, **headers: str) -> None:
    options = ("--workers=1", "--threads=2", "--bind=127.0.0.1:0", "--no-control-socket")
    web = system.start("web", ["-m", "gunicorn", *options, "postroom.web.site.wsgi:application"])
    port = system.wait(lambda: listening_port(web.log.read_text()))
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    content = {"Content-Type": "application/json"}
    connection.request("POST", "/api/inquiries/", json.dumps(INQUIRY), content | headers)
    assert connection.getresponse().status == 201
    connection.close()


def listening_port(log: str) -> int:
    _, found, rest = log.partition("Listening at: http://127.0.0.1:")
    return int(rest.split()[0].rstrip('"')) if found else 0


def parent_of(collector: Collector, span: Seen) -> Seen:
    (parent,) = (one for one in collector.spans if one.span == span.parent)
    return parent


def test_request_queue_publish_and_attempt_are_one_trace(
    system: System, collector: Collector
) -> None:
    system.start_relay()
    system.start_mailer()
    post_inquiry(system, traceparent=CALLER)
    system.wait_for_mail(2)
    attempts = system.wait(lambda: len(a := collector.named("attempt")) == 2 and a)
    system.wait(lambda: collector.named("POST") and len(collector.named("publish")) == 2)
    (request,) = collector.named("POST")
    assert request.name == "POST api/inquiries/"
    assert request.facts["http.response.status_code"] == 201
    for attempt in attempts:
        publish = parent_of(collector, attempt)
        queue = parent_of(collector, publish)
        chain = [attempt, publish, queue, request]
        assert [one.name.split()[0] for one in chain] == ["attempt", "publish", "queue", "POST"]
        assert [one.service.removeprefix("postroom-") for one in chain] == [
            "mailer", "relay", "web", "web",
        ]  # fmt: skip
        assert parent_of(collector, queue) == request
        assert f"00-{request.trace}-{request.parent}-01" == CALLER
        assert {one.trace for one in chain} == {request.trace}
        # A form queues its two e-mails together.
        assert attempt.facts["postroom.email.id"] == publish.facts["postroom.email.id"]
        assert (attempt.facts["postroom.smtp.phase"], attempt.facts["postroom.smtp.code"]) == (
            "final", 250,
        )  # fmt: skip
        assert not attempt.failed
        assert attempt.started_ns <= attempt.ended_ns
    written = repr(collector.spans)
    assert "ann@" not in written
    assert "parcel" not in written


def test_each_attempt_has_its_span_with_what_the_server_said(
    system: System, smtp: FreezingServer, collector: Collector
) -> None:
    refuse = say("451 4.3.0 ann@example.org: not just now")
    once = replace(Script().when("rcpt", refuse).rules[0], times=1)
    smtp.script = Script(rules=(once, *smtp.script.rules))
    system.catcher = smtp
    system.start_relay()
    system.start_mailer()
    system.queue()
    system.wait_until_settled()
    first, second = system.wait(lambda: len(a := collector.named("attempt")) == 2 and a)
    assert [one.facts["postroom.attempt"] for one in (first, second)] == [1, 2]
    assert [one.facts["postroom.outcome"] for one in (first, second)] == ["retry", "accepted"]
    assert (first.facts["postroom.smtp.phase"], first.facts["postroom.smtp.code"]) == ("rcpt", 451)
    assert (first.failed, second.failed) == (True, False)
    # A second publishing brought the second attempt; both belong to the one e-mail.
    system.wait(lambda: len(collector.named("publish")) == 2)
    assert first.parent != second.parent
    assert first.trace == second.trace
    assert "ann@" not in repr(collector.spans)


def test_mail_goes_out_while_the_collector_is_away(system: System, collector: Collector) -> None:
    collector.__exit__()
    system.start_relay()
    system.start_mailer()
    ids = system.queue(20)
    system.wait_until_settled()
    system.assert_contract(ids)
