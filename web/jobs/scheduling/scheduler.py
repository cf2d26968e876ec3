"""The scheduler: starts due jobs, enforces their deadlines, and stops them at a signal."""

import select
import time
from datetime import datetime

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from postroom.shared.process.liveness import Liveness
from postroom.shared.process.stopping import StopSignals
from postroom.web.conf import conf
from postroom.web.emails.heartbeat import HeartbeatWriter
from postroom.web.jobs import channels
from postroom.web.jobs.logs import log
from postroom.web.jobs.registry import registered
from postroom.web.jobs.running import dead_runs
from postroom.web.jobs.running.lock import owner_name
from postroom.web.jobs.scheduling import claims, due
from postroom.web.jobs.scheduling.children import Children

POLL_SECONDS = 1.0
_WATCH_SECONDS = 0.2
_BACKOFF_LONGEST = 30.0


class Scheduler:
    """One scheduler. Several may run; each due time is started by one of them."""

    def __init__(self) -> None:
        self.children = Children()
        self._seeded = False
        self._unsuccessful: list[claims.Unsuccessful] = []

    def step(self, now: datetime | None = None, *, only_again: bool = False) -> int:
        """Start one due or requested job, or a run that a dead scheduler or process left.

        Returns the number of processes started; 0 too while JOBS_AT_ONCE are running. `now`: by
        default the database's clock. `only_again`: nothing that has become due.

        Raises:
            DatabaseError, InterfaceError: PostgreSQL is unavailable.
        """
        self._finish_the_dead()
        now = now or due.database_now()
        if not self._seeded:
            due.seed(registered(), now)
            self._seeded = True
        if self._is_full:
            return 0
        starts = (not only_again and claims.claim(now)) or claims.claim_again(now)
        for start in starts:
            try:
                self.children.start(start)
            except OSError as error:
                self.children.failures += 1
                log.error("job_not_started", job=start.command, error=str(error))
        return len(starts)

    def _watch(self) -> None:
        self._unsuccessful += self.children.watch() or []

    def _finish_the_dead(self) -> None:
        """Mark runs of processes that died as lost, and have their work finished.

        Raises:
            DatabaseError, InterfaceError: PostgreSQL is unavailable; call it again.
        """
        while self._unsuccessful:
            # Its failure counts no more: another process finishes the work.
            self.children.failures -= claims.bury(self._unsuccessful[-1])
            self._unsuccessful.pop()
        channels.announce_lost(dead_runs.close_all().lost)

    @property
    def _is_full(self) -> bool:
        return len(self.children) >= conf.jobs_at_once

    def run(self, signals: StopSignals) -> None:
        """Work until a signal arrives, then stop the running jobs and wait for them."""
        failures = 0
        heartbeat = HeartbeatWriter("scheduler", owner_name())
        with Liveness() as liveness:
            while not signals.stop.is_set():
                liveness.came_round()
                wait = POLL_SECONDS
                try:
                    heartbeat.beat("running")
                    while not signals.stop.is_set() and self.step():
                        pass
                    failures = 0
                except (DatabaseError, InterfaceError, psycopg.Error) as error:
                    failures += 1
                    wait = min(_BACKOFF_LONGEST, 2.0**failures)
                    log.warning("database_unavailable", error=" ".join(str(error).split()))
                    connection.close()
                self._watch()
                select.select([signals.wake_fd], [], [], wait)
        self.wait_for_children(signals)
        heartbeat.stop()

    def run_once(self, signals: StopSignals) -> None:
        """Start what is due now and wait until it has ended.

        Raises:
            DatabaseError, InterfaceError: PostgreSQL is unavailable.
        """
        try:
            self._run_all(signals)
            while self._unsuccessful and not signals.stop.is_set():
                self._run_all(signals, only_again=True)
        finally:
            self.wait_for_children(signals)

    def _run_all(self, signals: StopSignals, *, only_again: bool = False) -> None:
        while not signals.stop.is_set() and (self.step(only_again=only_again) or self._is_full):
            if self._is_full:
                self._watch()
                time.sleep(_WATCH_SECONDS)
        self.wait_for_children(signals)

    def wait_for_children(self, signals: StopSignals) -> None:
        """Wait until every process has ended; after a signal stop them, if need be with SIGKILL.

        What these leave undone, the next scheduler finishes.
        """
        while self.children:
            if signals.stop.is_set():
                self.children.stop()
            self._watch()
            time.sleep(_WATCH_SECONDS)
        try:
            for stopped in [one for one in self._unsuccessful if one.interrupted]:
                claims.finish_later(stopped)
                self._unsuccessful.remove(stopped)
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            log.error("stopped_runs_not_kept", error=" ".join(str(error).split()))
