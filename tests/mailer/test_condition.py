"""What a mailer says it waits for, and why, in its heartbeat."""

from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest

from postroom.mailer.circuit import Circuit
from postroom.mailer.condition import SILENCE_SECONDS, ConditionWatch
from postroom.mailer.own_outcomes import MissingTemplates
from postroom.shared.status import Priority
from postroom.shared.waits_for import WaitsFor

REFUSED = "The server cannot be used (connect): cannot connect to mail:25: Connection refused"


def parts(**changed: Any) -> Any:
    """A mailer at work."""
    circuit = Circuit(untried=True)
    circuit.record_success(monotonic())
    stopping = SimpleNamespace(is_set=lambda: False)
    pool = SimpleNamespace(working=1, standing_by=False, waits_since=0.0)
    usual = {
        "circuit": circuit,
        "consumer": SimpleNamespace(consuming=True, held=False, resting=False, last_error=""),
        "pauses": SimpleNamespace(lanes=frozenset()),
        "readiness": SimpleNamespace(database_error=""),
        "smtp_server": "mail:25",
        "templates": MissingTemplates(),
        "pipeline": SimpleNamespace(
            stopping=stopping,
            sending=SimpleNamespace(pool=pool),
            claiming=SimpleNamespace(foreign=SimpleNamespace(trouble="")),
        ),
    }
    return SimpleNamespace(**usual | changed)


def said(mailer: Any, **stalled: str) -> tuple[str, str, str]:
    found = ConditionWatch(mailer, lambda: stalled).now()
    return found.state, found.waiting_for, found.reason


def test_at_work_nothing_is_waited_for() -> None:
    assert said(parts()) == ("running", "", "")


def test_one_failure_is_chance_and_two_in_a_row_are_reported_before_the_circuit_opens() -> None:
    mailer = parts()
    mailer.circuit.record_failure(monotonic(), False, REFUSED)
    assert said(mailer) == ("running", "", "")
    mailer.circuit.record_failure(monotonic(), False, REFUSED)
    assert said(mailer) == ("waiting: smtp", "smtp", "mail:25 refuses connections")
    mailer.circuit.record_success(monotonic())
    assert said(mailer) == ("running", "", "")


def test_two_failures_long_ago_are_not_reported() -> None:
    mailer = parts()
    for _ in range(2):
        mailer.circuit.record_failure(monotonic() - 61, False, REFUSED)
    assert said(mailer)[0] == "running"


def test_refused_login_waits_for_an_operator_and_is_reported_whole() -> None:
    mailer, reply = parts(), "The login was refused: 535 5.7.8 " + "no " * 200
    mailer.circuit.record_failure(monotonic(), True, reply)
    assert said(mailer) == ("waiting: smtp_operator", "smtp_operator", reply.strip())


def test_server_that_does_not_answer_is_named_before_the_timeout() -> None:
    mailer = parts()
    pool = mailer.pipeline.sending.pool
    pool.working, pool.waits_since = 0, monotonic() - SILENCE_SECONDS - 1
    assert said(mailer)[1:] == ("smtp", "mail:25 does not answer")
    pool.working = 1
    assert said(mailer)[0] == "running"


def test_several_troubles_are_named_in_the_order_of_importance() -> None:
    consumer = SimpleNamespace(consuming=False, held=False, resting=False, last_error="away\nfar")
    mailer = parts(consumer=consumer, readiness=SimpleNamespace(database_error="gone"))
    assert said(mailer, send="no progress") == (
        "waiting: database, rabbitmq, thread",
        "database,rabbitmq,thread",
        "gone\naway far\nsend: no progress",
    )


def test_messages_given_back_for_another_trouble_are_not_a_trouble_of_rabbitmq() -> None:
    consumer = SimpleNamespace(consuming=False, held=True, resting=False, last_error="closed")
    assert said(parts(consumer=consumer))[0] == "running"


@pytest.mark.parametrize(
    ("lanes", "state"), [(set(Priority), "paused"), ({Priority.BULK}, "paused: bulk")]
)
def test_pauses_are_named(lanes: set[Priority], state: str) -> None:
    assert said(parts(pauses=SimpleNamespace(lanes=lanes))) == (state, "", "")


def test_missing_template_is_named_while_others_are_sent() -> None:
    mailer = parts()
    mailer.templates.note("shop/order")
    assert said(mailer) == ("running", "template", "this mailer does not have shop/order")


def test_since_counts_from_what_is_waited_for_most() -> None:
    mailer = parts()
    watch = ConditionWatch(mailer, dict)
    watch.now()
    watch._since -= 50
    mailer.templates.note("shop/order")
    assert WaitsFor.TEMPLATE in watch.now().reasons
    assert watch.seconds < 10
    watch._since -= 50
    watch.now()
    assert watch.seconds >= 50
