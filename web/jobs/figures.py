"""Figures about jobs for the rules of health: one query, over the index of the history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.db import connection

from postroom.web.jobs.registry import find, registered

# Commands without a schedule count too: found one after the other, by the index of the history.
# `ended`: the last run that says something about the job; a refused one does not.
# Of refused processes only those of run_jobs have a row; the lock counts them all while it is held.
_READ: Final[LiteralString] = """
WITH RECURSIVE ran(command) AS (
  (SELECT command FROM postroom_jobs_jobrun ORDER BY command LIMIT 1)
  UNION ALL
  SELECT (SELECT command FROM postroom_jobs_jobrun r WHERE r.command > ran.command
          ORDER BY command LIMIT 1)
  FROM ran WHERE ran.command IS NOT NULL
), commands AS (
  SELECT command FROM ran WHERE command IS NOT NULL UNION SELECT unnest(%(registered)s::text[])
)
SELECT c.command, ended.status, ended.finished_at, COALESCE(ended.over_deadline, false),
  CASE WHEN s.enabled AND s.registered THEN s.next_run_at END,
  now.started_at, now.host,
  now.started_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM postroom_jobs_tasklock l
    WHERE l.task_name = c.command AND l.expires_at > now()) AS dead,
  greatest(
    (SELECT count(*) FROM postroom_jobs_jobrun r
     WHERE r.command = c.command AND r.status = 'refused'
       AND r.started_at > greatest(now() - interval '1 day', ended.started_at)),
    (SELECT l.refusals FROM postroom_jobs_tasklock l
     WHERE l.task_name = c.command AND l.expires_at > now())) AS refused
FROM commands c
LEFT JOIN postroom_jobs_scheduledjob s USING (command)
LEFT JOIN LATERAL (
  SELECT status, started_at, finished_at, over_deadline FROM postroom_jobs_jobrun r
  WHERE r.command = c.command AND r.status NOT IN ('due', 'running', 'refused', 'omitted')
  ORDER BY started_at DESC LIMIT 1) AS ended ON true
LEFT JOIN LATERAL (
  SELECT started_at, host FROM postroom_jobs_jobrun r
  WHERE r.command = c.command AND r.status = 'running'
  ORDER BY started_at LIMIT 1) AS now ON true
ORDER BY c.command
"""


@dataclass(frozen=True, slots=True)
class JobFigures:
    """One job: how its last run ended, the run in progress, and its next due time.

    Attributes:
        status: of the last run that ended, as in RunStatus; None if there was none.
        over_deadline: the last run was stopped by its scheduler because its time was over.
        next_run_at: None if no scheduler is to start it.
        running_since: begin of the run in progress; None if there is none.
        dead: the run in progress holds no lock any more, so its process is gone.
        refused: how often it was refused its lock since the last run ended.
        deadline: None if the job has no schedule.
    """

    command: str
    status: str | None
    finished_at: datetime | None
    over_deadline: bool
    next_run_at: datetime | None
    running_since: datetime | None
    host: str | None
    dead: bool
    refused: int
    deadline: timedelta | None = None


def read(_now: datetime) -> list[JobFigures]:
    """Every job that is registered or has ever run, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"registered": [job.command for job in registered()]})
        rows = cursor.fetchall()
    return [JobFigures(*(*row, _deadline(row[0]))) for row in rows]


def _deadline(command: str) -> timedelta | None:
    job = find(command)
    return job.deadline if job else None
