"""Ends the runs of processes that died, and lets `run_jobs` finish their work.

A process that died leaves its lock and a run with the status `running`. One statement deletes the
lock, marks the run as lost and, if `run_jobs` had started it, writes the row of the run that
finishes its work. So no run is marked as lost and then forgotten, whichever process dies next. A
run that was stopped because its scheduler was stopped has `begin_by` set, and gets a new row too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from postroom.web.conf import conf
from postroom.web.jobs.logs import log
from postroom.web.jobs.models import JobRun
from postroom.web.jobs.running.lock import Lock

# Locks that another process is clearing at this moment are skipped: no statement waits, so there
# can be no deadlock. A run that was started again too often, one that was started without
# `run_jobs`, and one that its successor (same command, same due time) finishes get no new row.
_CLOSE: Final = """
WITH dead AS (
  DELETE FROM postroom_jobs_tasklock WHERE id IN (
    SELECT id FROM postroom_jobs_tasklock
    WHERE token IS DISTINCT FROM %(token)s::uuid
      AND (expires_at <= clock_timestamp() OR token = %(dead_token)s::uuid)
    FOR UPDATE SKIP LOCKED)
  RETURNING token, refusals
), lost AS (
  UPDATE postroom_jobs_jobrun SET status = 'lost', finished_at = clock_timestamp(),
    error = CASE WHEN lock_token = %(dead_token)s::uuid
      THEN 'Its process died before the run ended'
      ELSE 'The lock expired or was taken by force before the run ended' END,
    refusals = postroom_jobs_jobrun.refusals
      + COALESCE((SELECT dead.refusals FROM dead WHERE dead.token = lock_token), 0)
  WHERE status = 'running' AND lock_token IS DISTINCT FROM %(token)s::uuid
    AND (command = %(command)s::text OR lock_token = %(dead_token)s::uuid
      OR lock_token IN (SELECT token FROM dead))
  RETURNING id, command, trigger, requested_by, scheduled_for, host, starts, retries,
    (%(final)s AND (command = %(command)s::text OR lock_token = %(dead_token)s::uuid))
      IS NOT TRUE AND starts > 0 AND retries < %(most)s AS may_go_on,
    (command, scheduled_for)
      IS NOT DISTINCT FROM (%(command)s::text, %(due)s::timestamptz) AS has_successor
), interrupted AS (
  UPDATE postroom_jobs_jobrun SET begin_by = NULL
  WHERE status = 'stopped' AND begin_by <= clock_timestamp()
  RETURNING command, trigger, requested_by, scheduled_for, host, retries
), again AS (
  INSERT INTO postroom_jobs_jobrun
    (command, status, trigger, requested_by, scheduled_for, host, starts, retries, begin_by,
     found, queued, already_sent, skipped, changed, failed, refusals, error)
  SELECT command, 'due', trigger, requested_by, scheduled_for, host, 0, retries + 1,
    clock_timestamp(), 0, 0, 0, 0, 0, 0, 0, ''
  FROM lost WHERE may_go_on AND NOT has_successor
  UNION ALL
  SELECT command, 'due', trigger, requested_by, scheduled_for, host, 0, retries,
    clock_timestamp(), 0, 0, 0, 0, 0, 0, 0, ''
  FROM interrupted
  RETURNING 1)
SELECT (SELECT count(*) FROM lost), (SELECT count(*) FROM again), ARRAY(
  SELECT id FROM lost
  WHERE CASE WHEN has_successor THEN scheduled_for IS NULL ELSE NOT may_go_on END
  ORDER BY id)"""


@dataclass(frozen=True, slots=True)
class Closed:
    """What dead owners left open.

    `again`: how many runs `run_jobs` starts again; `lost`: the runs that no process finishes.
    """

    again: int
    lost: list[JobRun]


def close(held: Lock, due: datetime | None = None) -> Closed:
    """End what dead owners of any lock left open; `held` is the lock of the process that asks.

    `due`: the due time for which that process runs.
    """
    return _run(token=held.token, command=held.task_name, due=due, final=held.forced)


def close_all() -> Closed:
    """End what dead owners of any lock left open."""
    return _run()


def close_one(dead_token: UUID, *, final: bool) -> Closed:
    """The same, and the run with this lock is dead although its lock has not expired yet.

    `final`: it is not started again.
    """
    return _run(dead_token=dead_token, final=final)


def _run(
    *,
    token: UUID | None = None,
    command: str | None = None,
    due: datetime | None = None,
    final: bool = False,
    dead_token: UUID | None = None,
) -> Closed:
    values: dict[str, Any] = {
        "token": token,
        "command": command,
        "due": due,
        "final": final,
        "dead_token": dead_token,
        "most": conf.job_retries,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, values)
        lost, again, unfinished = cursor.fetchone()
    if lost:
        log.warning("runs_lost", lost=lost, started_again=again)
    return Closed(again, list(JobRun.objects.filter(pk__in=unfinished)) if unfinished else [])
