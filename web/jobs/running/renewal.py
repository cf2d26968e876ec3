"""Renews a lock while the job works, in its own thread and on its own connection."""

import threading
import time
from types import TracebackType

import psycopg
from django.db import connection

from postroom.web.jobs.logs import log
from postroom.web.jobs.running.lock import RENEW, Lock


class Renewal:
    """Renews `lock` every third of its lease for as long as the `with` block runs.

    If the lock is lost, or could not be renewed before its lease ended, it sets `lost`, and `stop`
    so that the job ends early.
    """

    def __init__(self, lock: Lock, stop: threading.Event) -> None:
        self.lost = threading.Event()
        self._stop = stop
        self._lock = lock
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lock renewal", daemon=True)
        # Read in the job's thread: a connection of Django belongs to one thread.
        self._parameters = connection.get_connection_params()
        self._good_until = time.monotonic() + lock.lease.total_seconds()

    def __enter__(self) -> "Renewal":
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        session: psycopg.Connection | None = None
        pause = self._lock.lease.total_seconds() / 3
        while not self._ended.wait(pause):
            try:
                if session is None or session.closed:
                    session = self._connect()
                self._renew(session)
            except psycopg.Error as error:
                log.warning("lock_not_renewed", task=self._lock.task_name, error=str(error).strip())
                if session is not None:
                    session.close()
            if self.lost.is_set() or time.monotonic() >= self._good_until:
                self.lost.set()
                self._stop.set()
                log.error("lock_lost", task=self._lock.task_name)
                break
        if session is not None:
            session.close()

    def _renew(self, session: psycopg.Connection) -> None:
        # Before the statement: its result may arrive late, and the lease has begun by then.
        asked = time.monotonic()
        row = session.execute(RENEW, self._lock.parameters).fetchone()
        if row is None:
            self.lost.set()
            return
        self._good_until = asked + row[0].total_seconds()

    def _connect(self) -> psycopg.Connection:
        parameters = {
            name: value
            for name, value in self._parameters.items()
            if name not in ("cursor_factory", "context")
        }
        return psycopg.connect(**parameters, autocommit=True)
