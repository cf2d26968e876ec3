"""A run that fails for a reason that may pass is tried again, if a scheduler started it."""

from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running import failures, waiting
from postroom.web.reporting import execution

DUE = "--scheduled-for=2026-11-30T08:00Z"


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sample_job", "--items=3", *arguments, stdout=out)
    return out.getvalue()


def statuses() -> list[tuple[str, int]]:
    return list(JobRun.objects.order_by("pk").values_list("status", "retries"))


@pytest.mark.django_db
def test_scheduled_run_is_tried_again(tmp_path: Path, settings: Any) -> None:
    settings.JOB_RETRY_SECONDS = 0
    assert "completed" in run(DUE, "--trip-at=1", f"--marks={tmp_path}")
    assert statuses() == [("failed", 0), ("completed", 1)]
    assert EmailQueue.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("retries", "arguments"), [(0, (DUE, "--trip-at=1")), (5, ("--trip-at=1",))]
)
def test_run_is_not_tried_again_where_the_setting_or_a_person_says_so(
    tmp_path: Path, settings: Any, retries: int, arguments: tuple[str, ...]
) -> None:
    settings.JOB_RETRIES = retries
    with pytest.raises(CommandError, match="TimeoutError: a server was away"):
        run(*arguments, f"--marks={tmp_path}")
    assert statuses() == [("failed", 0)]


@pytest.mark.django_db
def test_fault_of_the_job_is_not_tried_again() -> None:
    with pytest.raises(CommandError, match="LookupError"):
        run(DUE, "--fail-at=1")
    assert statuses() == [("failed", 0)]


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (OperationalError("gone"), True),
        (InterfaceError("closed"), True),
        (psycopg.errors.DeadlockDetected("deadlock"), True),
        (psycopg.errors.ReadOnlySqlTransaction("a standby"), True),
        (ConnectionResetError("reset"), True),
        (TimeoutError(), True),
        (ProgrammingError("no such column"), False),
        (psycopg.errors.InsufficientPrivilege("denied"), False),
        (ValueError("a fault"), False),
    ],
)
def test_which_errors_may_pass(error: Exception, may_pass: bool) -> None:
    assert failures.may_pass(error) is may_pass


def test_each_wait_is_twice_as_long_up_to_an_hour() -> None:
    assert [waiting.before_try(n) for n in (1, 2, 3)] == [10, 20, 40]
    assert waiting.before_try(1000) == 3600


def test_lost_cursor_says_what_to_set_behind_a_pooler() -> None:
    error = OperationalError("cursor does not exist")
    error.__cause__ = psycopg.errors.InvalidCursorName("cursor does not exist")
    assert "DATABASE_SERVER_SIDE_CURSORS=no" in failures.reason(error)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("INSERT INTO auth_group (name) VALUES ('Ann Lee'), ('Ann Lee')",
         'duplicate key value violates unique constraint "auth_group_name_key"'),
        ("SELECT CAST('ann@example.org' AS integer)",
         'invalid input syntax for type integer: "a***@example.org"'),
    ],
)  # fmt: skip
def test_reason_quotes_no_row_and_no_address(statement: str, message: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"Ann Lee|ann@example") as raised,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    quoting = ValueError(f"row 7: {raised.value}")
    quoting.__cause__ = raised.value
    assert failures.reason(raised.value) == message
    assert failures.reason(quoting) == f"row 7: {message}"
    assert execution.reason(quoting) == f"ValueError: row 7: {message}"


@pytest.mark.django_db
def test_failed_email_was_not_sent_and_is_sent_three_times_at_most() -> None:
    for number, words in enumerate(("queued 3", "queued 1", "queued 1"), 1):
        assert words in run()
        assert "already sent 3" in run()
        newest = EmailQueue.objects.filter(subject="Item 1").latest("pk")
        suffix = f"~{number}" if number > 1 else ""
        assert newest.idempotency_key == f"sample-1{suffix}"
        EmailQueue.objects.filter(pk=newest.pk).update(status="failed", last_error="550 no")
    assert "queued 0, already sent 2, skipped 1" in run()
    EmailQueue.objects.filter(subject="Item 2").update(status="cancelled")
    assert "queued 0, already sent 2, skipped 1" in run()


@pytest.mark.django_db
def test_again_sends_once_more_a_day_on_purpose() -> None:
    run()
    assert "queued 3" in run("--again")
    assert "queued 0, already sent 3" in run("--again")
    assert EmailQueue.objects.count() == 6
