"""The kept cursor follows Django's connection, its transactions and its errors."""

import contextlib
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.db.transaction import TransactionManagementError

from postroom.web.emails import prepared_statements
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db(transaction=True)


def test_connection_made_anew_gets_a_cursor_of_its_own() -> None:
    first = prepared_statements.execute("SELECT %s::int", (1,))
    assert prepared_statements.execute("SELECT %s::int", (2,)) is first
    assert first.fetchone() == (2,)
    connection.close()
    again = prepared_statements.execute("SELECT %s::int", (3,))
    assert again is not first
    assert again.fetchone() == (3,)


def test_connection_that_died_between_two_requests_is_noticed() -> None:
    send()
    prepared_statements.execute("SELECT pg_backend_pid()", ())
    wrapper: Any = connection  # the stubs do not have what one of PostgreSQL has
    wrapper.health_check_enabled = True  # as with CONN_HEALTH_CHECKS, when a request begins
    wrapper.health_check_done = False
    assert connection.connection is not None
    connection.connection.pgconn.finish()
    try:
        assert EmailQueue.objects.filter(pk=send().pk).exists()
    finally:
        wrapper.health_check_enabled = False


def test_errors_are_djangos_and_leave_the_cursor_usable() -> None:
    with pytest.raises(DataError):
        prepared_statements.execute("SELECT 1 / %s::int", (0,))
    assert prepared_statements.execute("SELECT %s::int", (4,)).fetchone() == (4,)


def test_broken_transaction_is_refused_as_django_refuses_it() -> None:
    with pytest.raises(TransactionManagementError), transaction.atomic():
        with contextlib.suppress(DataError), transaction.atomic(savepoint=False):
            prepared_statements.execute("SELECT 1 / %s::int", (0,))
        send()
    assert not EmailQueue.objects.exists()
