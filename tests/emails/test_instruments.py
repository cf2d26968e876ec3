"""Django's instruments see the statements of the call, and may stop them. Also on SQLite."""

import inspect
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from postroom import email_service
from postroom.signals import email_queued
from postroom.web.emails import prepared_statements
from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db

CALL: dict[str, Any] = {
    "recipients": ["Ann <ann@example.org>", "ben@example.org"],
    "context": {"zebra": 1, "apple": "100 % ü"},
    "attachments": [("a.txt", b"\x00\xff", "text/plain")],
}


class NoQueriesError(Exception):
    """As the guards of sites raise it."""


def columns(email: EmailQueue) -> dict[str, Any]:
    anew = ("id", "message_id", "traceparent")
    [row] = EmailQueue.objects.filter(pk=email.pk).values()
    return {name: value for name, value in row.items() if name not in anew}


def test_queries_are_captured_with_their_values() -> None:
    with CaptureQueriesContext(connection) as queries:
        send(subject="What a subject")
    inserts = [q for q in queries if "INTO postroom_emailqueue" in q["sql"].replace('"', "")]
    assert len(inserts) == 1
    assert "What a subject" in inserts[0]["sql"]
    assert inserts[0]["time"]


def test_the_call_is_one_statement(django_assert_num_queries: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the plain ORM needs several statements; PostgreSQL has one")
    with django_assert_num_queries(1):
        send()


def test_rows_are_the_same_under_observation() -> None:
    quiet = columns(send(**CALL))
    with CaptureQueriesContext(connection):
        observed = send(**CALL)
    times = ("created_at", "queued_at", "next_attempt_at")
    seen = columns(observed)
    assert {k: v for k, v in seen.items() if k not in times} == {
        k: v for k, v in quiet.items() if k not in times
    }
    assert list(seen["context"]) == ["zebra", "apple"]
    assert observed.created_at == seen["created_at"]


def test_wrappers_see_the_statement_and_may_stop_it() -> None:
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        assert context["connection"].alias == "default"
        return execute(sql, params, many, context)

    def refuse(*_: Any) -> None:
        raise NoQueriesError

    with connection.execute_wrapper(note):
        send()
    assert any("postroom_emailqueue" in sql for sql in seen)
    with connection.execute_wrapper(refuse), pytest.raises(NoQueriesError):
        send()
    assert EmailQueue.objects.count() == 1


def test_a_cursor_put_in_the_place_of_djangos_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As django-debug-toolbar does it."""
    taken: list[Any] = []
    original = connection.cursor

    def cursor(*args: Any, **kwargs: Any) -> Any:
        taken.append(original(*args, **kwargs))
        return taken[-1]

    # On the connection of this thread, not on the proxy.
    monkeypatch.setitem(vars(connection._connections["default"]), "cursor", cursor)  # type: ignore[attr-defined]
    send()
    assert taken


def test_unobserved_statements_stay_prepared() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL")
    with CaptureQueriesContext(connection):
        send()
    first = prepared_statements.execute("SELECT 1", ())
    assert prepared_statements.execute("SELECT 2", ()) is first


@pytest.fixture
def received() -> Iterator[list[EmailQueue]]:
    found: list[EmailQueue] = []

    def keep(sender: type, email: EmailQueue, **_: Any) -> None:
        assert sender is EmailQueue
        assert email.recipients.exists()
        found.append(email)

    email_queued.connect(keep)
    yield found
    email_queued.disconnect(keep)


def test_the_signal_is_sent_for_each_row(received: list[EmailQueue]) -> None:
    first = send(idempotency_key="k")
    send(idempotency_key="k")
    batch = EmailBatch()
    for key in ("k", "", "n"):
        batch.send_email_task(
            "inquiry_received", "Your inquiry", ["ann@example.org"], plain_body="Thank you.",
            idempotency_key=key,
        )  # fmt: skip
    assert received == [first]
    rows = batch.queue()
    assert received == [first, *rows[1:]]


def test_a_receiver_that_raises_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(**_: Any) -> None:
        raise NoQueriesError

    email_queued.connect(broken)
    try:
        with caplog.at_level(logging.ERROR, "django.dispatch"), transaction.atomic():
            send()
    finally:
        email_queued.disconnect(broken)
    assert EmailQueue.objects.count() == 1
    assert "NoQueriesError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_async_code_queues_and_gets_the_row_and_the_errors() -> None:
    async def view() -> EmailQueue:
        return await email_service.asend_email_task("a", "b", "ann@example.org", plain_body="c")

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        async_to_sync(view)()
        # Called by synchronous code that holds a transaction: the row belongs to that.
        raise ZeroDivisionError
    assert not EmailQueue.objects.exists()
    assert async_to_sync(view)().pk
    with pytest.raises(ValueError, match="recipients"):
        async_to_sync(email_service.asend_email_task)("a", "b", [], plain_body="c")
    assert inspect.iscoroutinefunction(email_service.asend_email_task)
