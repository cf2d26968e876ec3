"""Many processes and one lock: one runs, the others say who does, and a dead owner's lock falls."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import IO

import pytest
from django.utils import timezone

from dev.keeper import ROOT
from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun, TaskLock
from postroom.web.jobs.running.lock import Lock, take
from tests.support.acceptance.job_processes import JobsAtWork, at_work, lock, only_run
from tests.support.waits import wait_until

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)
TWELVE, ROUNDS = 12, 20


@pytest.fixture
def contenders(at_work: JobsAtWork) -> Iterator[list[subprocess.Popen[str]]]:
    """Twelve processes that have loaded everything and wait for a line."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.sample_jobs.contender"],
            cwd=ROOT,
            env=dict(at_work.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(TWELVE)
    ]
    assert [_line(p.stdout) for p in processes] == ["ready"] * TWELVE
    yield processes
    for process in processes:
        process.communicate()  # end of input ends it


def _line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def test_one_of_twelve_runs_and_eleven_say_who_does_twenty_times(
    contenders: list[subprocess.Popen[str]], at_work: JobsAtWork
) -> None:
    for number in range(ROUNDS):
        go = at_work.folder / f"round-{number}"
        for process in contenders:
            assert process.stdin is not None
            process.stdin.write(f"{go}\n")
            process.stdin.flush()
        held = wait_until(lock)
        # The winner waits for `go`, so eleven answers before it prove that nobody waits for it.
        winner = held.owner
        others = [p for p in contenders if not winner.endswith(f":{p.pid}")]
        assert len(others) == TWELVE - 1
        refused = [_line(p.stdout) for p in others]
        assert all(text.startswith(f"Not run: sample_job is held by {winner} ") for text in refused)
        go.touch()
        (first,) = set(contenders) - set(others)
        assert _line(first.stdout).startswith("sample_job: completed")
        assert lock() is None
    assert JobRun.objects.filter(status="completed", refusals=TWELVE - 1).count() == ROUNDS
    assert JobRun.objects.count() == ROUNDS
    assert EmailQueue.objects.count() == 1


def test_refused_command_says_who_holds_the_lock_since_and_until_and_exits_0(
    at_work: JobsAtWork,
) -> None:
    owner = at_work.start_waiting(POD_NAME="postroom-jobs-7f")
    refused = at_work.start("sample_job")
    assert refused.wait() == 0
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    says = rf"sample_job is held by postroom-jobs-7f:{owner.pid} since {time} until {time} UTC"
    assert re.search(says, refused.tail())
    assert owner.running
    at_work.go()
    assert owner.wait() == 0
    assert only_run().refusals == 1


def test_owner_renews_and_after_kill_9_the_lock_falls_when_it_expires_and_not_before(
    at_work: JobsAtWork,
) -> None:
    owner = at_work.start_waiting(JOB_LEASE_SECONDS="6")
    first = lock()
    assert first is not None
    wait_until(lambda: TaskLock.objects.get().expires_at > first.expires_at)
    owner.kill()
    last = TaskLock.objects.get()

    def taken() -> Lock | None:
        second = timedelta(seconds=1)
        answer = take("sample_job", lease=60 * second, ceiling=60 * second)
        return answer if isinstance(answer, Lock) else None

    assert wait_until(taken).taken_from == last.owner
    # Both times are the database's.
    assert TaskLock.objects.get().acquired_at >= last.expires_at


def test_run_after_a_killed_one_closes_its_history(at_work: JobsAtWork) -> None:
    at_work.start_waiting().kill()
    dead = only_run()
    assert dead.status == "running"
    assert at_work.start("sample_job").wait() == 0
    assert JobRun.objects.count() == 1
    expire()
    assert at_work.start("sample_job").wait() == 0
    dead.refresh_from_db()
    assert (dead.status, dead.finished_at is not None, dead.refusals) == ("lost", True, 0)
    assert JobRun.objects.latest("pk").refusals == 1
    assert lock() is None


def expire() -> None:
    """As if the lease had run out."""
    TaskLock.objects.update(expires_at=timezone.now() - timedelta(minutes=1))


def test_sigterm_keeps_what_is_queued_and_releases_the_lock(at_work: JobsAtWork) -> None:
    owner = at_work.start_waiting("--items=10", "--pause-at=3")
    assert owner.stop() == 143
    assert lock() is None
    run = only_run()
    assert (run.status, run.queued) == ("stopped", EmailQueue.objects.count())
    assert 3 <= run.queued < 10


def test_force_says_whose_lock_it_takes_and_the_robbed_owner_sends_nothing_more(
    at_work: JobsAtWork,
) -> None:
    # The lease is so long that the owner does not learn of it by renewing.
    owner = at_work.start_waiting("--items=3")
    robbed = TaskLock.objects.get().owner
    robber = at_work.start("sample_job", "--force", "--items=1")
    assert robber.wait() == 0
    assert f"Took the lock of {robbed}" in robber.tail()
    at_work.go()
    assert owner.wait() == 1
    assert EmailQueue.objects.count() == 1
    statuses = JobRun.objects.order_by("pk").values_list("status", "queued")
    assert list(statuses) == [("lost", 0), ("completed", 1)]


def test_owner_whose_lock_ran_out_queues_nothing_more(at_work: JobsAtWork) -> None:
    owner = at_work.start_waiting("--items=5", "--pause-at=2")
    expire()
    at_work.go()
    assert owner.wait() == 1
    assert "lock" in only_run().error
    assert (only_run().status, EmailQueue.objects.count()) == ("lost", 0)


def test_owner_that_learns_by_renewing_that_its_lock_is_gone_ends_its_run(
    at_work: JobsAtWork,
) -> None:
    owner = at_work.start_waiting("--items=5", "--pause-at=2", JOB_LEASE_SECONDS="6")
    expire()  # and nobody lets it go on: the renewing thread ends its wait
    assert owner.wait() == 1
    assert owner.logged("lock_lost")
    assert (only_run().status, EmailQueue.objects.count()) == ("lost", 0)
