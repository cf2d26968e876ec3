"""A job's run, in this process: what it sends, counts, records and leaves behind."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun, TaskLock
from postroom.web.jobs.running.history import Cause, begin
from postroom.web.jobs.running.lock import RENEW, Lock, Refusal, take
from postroom.web.jobs.status import Trigger

pytestmark = pytest.mark.django_db


def run(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("sample_job", *arguments, stdout=out, **options)
    return out.getvalue()


def row_counts() -> dict[str, int]:
    """Rows of every table."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def test_run_queues_what_it_found_and_says_so() -> None:
    text = run("--items=3", "--write")
    assert text.startswith("sample_job: completed in ")
    assert text.strip().endswith("found 3, queued 3, changed 3, failed 0")
    assert EmailQueue.objects.count() == Group.objects.count() == 3


def test_run_is_in_the_history_and_its_lock_is_released() -> None:
    run("--items=3")
    row = JobRun.objects.get()
    assert (row.status, row.trigger, row.found, row.queued) == ("completed", "command line", 3, 3)
    assert row.finished_at is not None
    assert ":" in row.host
    assert not TaskLock.objects.exists()


@pytest.mark.parametrize("given", [5, "5", 5.0, timedelta(minutes=5)])
def test_lock_timeout_may_be_given_as_text_or_number(given: Any) -> None:
    assert "completed" in run(lock_timeout=given)


@pytest.mark.parametrize("given", ["0", "-1", "soon", "nan", "inf"])
def test_lock_timeout_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(CommandError, match="not a number of minutes greater than 0"):
        run(f"--lock-timeout={given}")


def test_second_run_sends_nothing_twice_even_when_the_text_has_changed() -> None:
    run("--items=2")
    EmailQueue.objects.update(payload_hash="another text")
    assert "found 3, queued 1, already sent 2" in run("--items=3")
    assert EmailQueue.objects.count() == 3


def test_bad_address_is_counted_and_stops_no_other() -> None:
    with pytest.raises(CommandError, match=r"partial .* found 3, queued 2, failed 1") as raised:
        run("--items=3", "--bad-at=1")
    assert raised.value.returncode == 1
    assert JobRun.objects.get().status == "partial"


def test_error_rolls_its_chunk_back_and_gives_the_lock_back() -> None:
    with pytest.raises(CommandError, match=r"failed .*LookupError: item 501 is missing"):
        run("--items=600", "--write", "--fail-at=501")
    assert EmailQueue.objects.count() == Group.objects.count() == 500
    row = JobRun.objects.get()
    assert (row.status, row.queued, row.changed) == ("failed", 500, 500)
    assert row.error == "LookupError: item 501 is missing"
    assert not TaskLock.objects.exists()


def test_dry_run_shows_the_mails_and_leaves_no_row_anywhere() -> None:
    run("--items=1")
    before = row_counts()
    text = run("--dry-run", "--items=3", "--write")
    assert text.splitlines()[:3] == [
        f"{'RECIPIENT':<40}  SUBJECT",
        f"{'ann@example.org':<40}  Item 1",
        f"{'ann@example.org':<40}  Item 2",
    ]
    assert "dry run completed" in text
    assert text.strip().endswith("found 3, to queue 2, already sent 1, failed 0")
    assert row_counts() == before


def test_verbosity_0_tells_trouble_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--items=2", verbosity=0) == ""
    assert take("sample_job", lease=timedelta(minutes=1), ceiling=timedelta(minutes=1))
    assert run("--items=2", verbosity=0) == ""  # refused
    TaskLock.objects.all().delete()
    assert capsys.readouterr().err == ""
    with pytest.raises(CommandError, match="failed 1"):
        run("--items=3", "--bad-at=2", verbosity=0)
    assert "job_item_failed" in capsys.readouterr().err


def test_verbosity_2_tells_of_each_email(capsys: pytest.CaptureFixture[str]) -> None:
    run("--items=1")
    assert "job_email_queued" not in capsys.readouterr().err
    run("--items=2", verbosity=2)
    reported = capsys.readouterr().err
    assert reported.count("job_email_already_sent") == reported.count("job_email_queued") == 1
    assert "sample-1" in reported
    assert "example.org" not in reported


def test_job_that_writes_in_a_dry_run_is_stopped_by_the_database() -> None:
    with pytest.raises(CommandError, match="read-only transaction") as raised:
        run("--dry-run", "--unguarded")
    assert isinstance(raised.value.__cause__, DatabaseError)
    assert not Group.objects.exists()


def test_lock_and_refusal_cost_one_query_each(django_assert_num_queries: Any) -> None:
    minute = timedelta(minutes=1)
    with django_assert_num_queries(1):
        assert isinstance(take("x", lease=minute, ceiling=minute), Lock)
    with django_assert_num_queries(1):
        assert isinstance(take("x", lease=minute, ceiling=minute), Refusal)
    with django_assert_num_queries(1):
        assert isinstance(take("x", lease=minute, ceiling=minute, force=True), Lock)


def test_renewals_reach_the_ceiling_and_no_further() -> None:
    minute = timedelta(minutes=1)
    held = take("x", lease=minute, ceiling=1.5 * minute)
    assert isinstance(held, Lock)
    first = TaskLock.objects.get()
    assert first.expires_at - first.acquired_at == minute
    with connection.cursor() as cursor:
        cursor.execute(RENEW, held.parameters | {"lease": 60 * minute})
    row = TaskLock.objects.get()
    assert row.expires_at == row.ceiling_at == first.acquired_at + 1.5 * minute


def test_refused_command_costs_one_query(django_assert_num_queries: Any) -> None:
    minute = timedelta(minutes=1)
    take("sample_job", lease=minute, ceiling=minute)
    with django_assert_num_queries(1):
        assert "Not run: sample_job is held by" in run()


def test_queries_of_a_run_grow_by_the_chunk_beside_one_insert_an_email(
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(1200 + 12 * 3 + 12):
        run("--items=1200")
    with django_assert_max_num_queries(8 * 3 + 12):
        assert "already sent 1200" in run("--items=1200")


def test_expired_locks_are_cleared_and_their_runs_closed() -> None:
    minute = timedelta(minutes=1)
    dead = take("another_job", lease=minute, ceiling=minute)
    assert isinstance(dead, Lock)
    row = begin(dead, "another_job", Cause(Trigger.SCHEDULE))
    assert row is not None
    take("another_job", lease=minute, ceiling=minute)
    run()
    assert TaskLock.objects.count() == 1
    TaskLock.objects.update(expires_at=timezone.now() - minute)
    run()
    row.refresh_from_db()
    assert (row.status, row.refusals) == ("lost", 1)
    assert not TaskLock.objects.exists()


def test_job_may_write_again_after_a_dry_run() -> None:
    run("--dry-run")
    run("--write")
    assert Group.objects.exists()
