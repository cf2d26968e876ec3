"""The task that queues e-mails now: a job's run, or a notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

LONGEST_NAME: Final = 100


class Task(NamedTuple):
    """`name`: the job's command, or the notice's; `run`: the number of the job's run, if any."""

    name: str
    run: int | None = None


_current: ContextVar[Task | None] = ContextVar("postroom_task", default=None)
current = _current.get


def columns() -> dict[str, str | int | None]:
    """The row's columns that name the task; none outside of a task."""
    found = current()
    return {"task_name": found.name, "task_run": found.run} if found else {}


@contextmanager
def task(name: str, run: int | None = None) -> Iterator[None]:
    """E-mails queued in this block belong to the task; within a job's run also to that run."""
    outer = _current.get()
    if run is None and outer is not None:
        run = outer.run
    token = _current.set(Task(name[:LONGEST_NAME], run))
    try:
        yield
    finally:
        _current.reset(token)
