"""Two connections at work at the same time, one waiting for the other."""

from collections.abc import Callable
from threading import Thread

from django.db import connection


def in_thread(work: Callable[[], None]) -> Thread:
    """A thread that does `work` on a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def somebody_waits_for_us() -> bool:
    """Whether another connection waits for what our transaction holds."""
    # Not pg_stat_activity: in a transaction it shows the same picture again and again.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])
