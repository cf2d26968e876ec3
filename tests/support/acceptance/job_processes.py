"""Starts jobs as processes on this test's database, and looks at their rows."""

import os
from pathlib import Path
from typing import Any

import pytest

from postroom.web.jobs.models import JobRun, TaskLock
from tests.support.acceptance.program import Program
from tests.support.waits import wait_until


class JobsAtWork:
    """Processes whose leases outlast any stall of a busy machine; each ends with the test."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.support.sample_jobs.settings",
            "JOB_LEASE_SECONDS": "600",
        }
        self._programs: list[Program] = []

    def start(self, *arguments: str, **environment: str) -> Program:
        """`manage.py` with these arguments."""
        log = self.folder / f"{len(self._programs)}.log"
        program = Program(
            arguments[0], ["manage.py", *arguments], self.environment | environment, log
        )
        self._programs.append(program)
        return program

    def start_waiting(self, *arguments: str, **environment: str) -> Program:
        """A sample job that has the lock and waits for the file `go`; returns when it does."""
        running = self.folder / "running"
        program = self.start(
            "sample_job",
            *(f"--until={self.folder / 'go'}", f"--running={running}"),
            *arguments,
            **environment,
        )

        def waits() -> bool:
            assert program.running, program.tail()
            return running.exists()

        wait_until(waits)
        running.unlink()
        return program

    def go(self) -> None:
        """Let waiting jobs go on."""
        (self.folder / "go").touch()

    def end(self) -> None:
        """End whatever still runs."""
        for program in self._programs:
            program.end()


@pytest.fixture
def at_work(tmp_path: Path, database_url: str) -> Any:
    """Sample jobs in processes."""
    jobs = JobsAtWork(tmp_path, database_url)
    yield jobs
    jobs.end()


def only_run() -> JobRun:
    """The one run there has been."""
    return JobRun.objects.get()


def lock() -> TaskLock | None:
    """The sample job's lock."""
    return TaskLock.objects.filter(task_name="sample_job").first()
