"""A job whose database is away, or whose terminal is: one line, and an exit code."""

import subprocess
import sys

import pytest
from django.db import connection

from dev.keeper import ROOT
from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun
from tests.support.acceptance.job_processes import JobsAtWork, at_work, lock, only_run
from tests.support.acceptance.program import Program

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)


def assert_one_line(program: Program) -> str:
    """The only line that is no log line."""
    text = program.log.read_text()
    assert "Traceback" not in text
    (line,) = [line for line in text.splitlines() if not line.startswith("{")]
    return line


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_database_that_is_away_is_told_in_one_line(
    at_work: JobsAtWork, arguments: tuple[str, ...]
) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    program = at_work.start("sample_job", *arguments, DATABASE_URL=away)
    assert program.wait() == 1
    assert "database error: connection failed" in assert_one_line(program)


def test_dry_run_shows_its_mails_and_cannot_write(at_work: JobsAtWork) -> None:
    shown = at_work.start("sample_job", "--dry-run", "--items=2", "--write")
    assert shown.wait() == 0
    assert "ann@example.org" in shown.log.read_text()
    program = at_work.start("sample_job", "--dry-run", "--unguarded")
    assert program.wait() == 1
    assert "read-only transaction" in assert_one_line(program)
    assert not EmailQueue.objects.exists()
    assert not JobRun.objects.exists()


def test_dry_run_that_is_read_no_further_ends_quietly(at_work: JobsAtWork) -> None:
    command = f"{sys.executable} manage.py sample_job --dry-run --items=2000 | head -1"
    ended = subprocess.run(
        ["bash", "-c", f'{command}; exit "${{PIPESTATUS[0]}}"'],
        cwd=ROOT,
        env=at_work.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.split() == ["RECIPIENT", "SUBJECT"]
    assert [line for line in ended.stderr.splitlines() if not line.startswith("{")] == []
    assert ended.returncode == 141


def test_scheduler_waits_for_a_database_that_is_away_and_ends_when_told(
    at_work: JobsAtWork,
) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    scheduler = at_work.start("run_jobs", DATABASE_URL=away)
    scheduler.wait_for_log("database_unavailable")
    assert scheduler.stop() == 0
    once = at_work.start("run_jobs", "--once", DATABASE_URL=away)
    assert once.wait() == 1
    assert "connection failed" in assert_one_line(once)


def test_database_that_goes_away_under_a_run_is_told_in_one_line_and_the_lock_given_back(
    at_work: JobsAtWork,
) -> None:
    program = at_work.start_waiting("--items=3", "--pause-at=2")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    at_work.go()
    assert program.wait() == 1
    assert "database error" in assert_one_line(program).lower()
    assert (only_run().status, EmailQueue.objects.count()) == ("failed", 0)
    assert lock() is None
