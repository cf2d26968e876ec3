"""The named lock in the database: taken or refused by one statement, kept only by its owner."""

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

# The row is written even when the lock is refused: only so does a statement see an owner who
# committed while it waited. `asked_at` stands for "now" throughout, so the branches agree.
_TAKE: Final = """
INSERT INTO postroom_jobs_tasklock AS held
  (task_name, token, owner, acquired_at, expires_at, ceiling_at, refusals, taken_from)
SELECT %(task)s, %(token)s, %(owner)s, asked_at, asked_at + LEAST(%(lease)s, %(ceiling)s),
  asked_at + %(ceiling)s, 0, ''
FROM (SELECT clock_timestamp() AS asked_at) AS clock
ON CONFLICT (task_name) DO UPDATE SET
  (token, owner, acquired_at, expires_at, ceiling_at, refusals, taken_from) = (
    SELECT excluded.token, excluded.owner, excluded.acquired_at, excluded.expires_at,
      excluded.ceiling_at, held.refusals, held.owner
    WHERE held.expires_at <= excluded.acquired_at OR %(force)s
    UNION ALL
    SELECT held.token, held.owner, held.acquired_at, held.expires_at,
      held.ceiling_at, held.refusals + 1, held.taken_from
    WHERE NOT (held.expires_at <= excluded.acquired_at OR %(force)s))
RETURNING token, owner, acquired_at, expires_at, taken_from"""

RENEW: Final = """
UPDATE postroom_jobs_tasklock SET expires_at = LEAST(clock_timestamp() + %(lease)s, ceiling_at)
WHERE task_name = %(task)s AND token = %(token)s AND expires_at > clock_timestamp()
RETURNING expires_at - clock_timestamp()"""

_FENCE: Final = """
SELECT 1 FROM postroom_jobs_tasklock WHERE task_name = %(task)s AND token = %(token)s
AND expires_at > clock_timestamp() FOR SHARE"""

_RELEASE: Final = """
DELETE FROM postroom_jobs_tasklock
WHERE task_name = %(task)s AND token = %(token)s RETURNING refusals"""


class LockLostError(Exception):
    """The lock is no longer ours: it ran out, or somebody took it by force."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that is ours; `taken_from` names the owner it was taken from, or is empty."""

    task_name: str
    owner: str
    lease: timedelta
    taken_from: str = ""
    token: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def parameters(self) -> dict[str, Any]:
        """For the statements about this lock."""
        return {"task": self.task_name, "token": self.token, "lease": self.lease}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody else's lock."""

    task_name: str
    owner: str
    acquired_at: datetime
    expires_at: datetime

    def __str__(self) -> str:
        return (
            f"{self.task_name} is held by {self.owner} since {self.acquired_at:%Y-%m-%d %H:%M:%S} "
            f"until {self.expires_at:%Y-%m-%d %H:%M:%S} UTC, unless renewed"
        )


def owner_name() -> str:
    """`HOST:PID`: the pod's or host's name (POD_NAME, HOSTNAME) and this process's id."""
    host = os.environ.get("POD_NAME") or os.environ.get("HOSTNAME") or socket.gethostname()
    return f"{host[:200]}:{os.getpid()}"


def take(
    task_name: str, *, lease: timedelta, ceiling: timedelta, force: bool = False
) -> Lock | Refusal:
    """Take the lock if it is free or has expired, or with `force` whoever holds it. One query.

    `lease`: how long it holds without renewal; `ceiling`: the longest renewals make it last.
    """
    wanted = Lock(task_name, owner_name(), min(lease, ceiling))
    parameters = wanted.parameters | {"owner": wanted.owner, "ceiling": ceiling, "force": force}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        token, owner, acquired_at, expires_at, taken_from = cursor.fetchone()
    if token != wanted.token:
        return Refusal(task_name, owner, acquired_at, expires_at)
    return Lock(task_name, wanted.owner, wanted.lease, taken_from, wanted.token)


def fence(lock: Lock) -> None:
    """Make sure, until this transaction ends, that the lock is ours; call it just before commit.

    Nobody can take the lock between this and the commit, so what a robbed owner wrote never
    commits.

    Raises:
        LockLostError: it is not; roll back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FENCE, lock.parameters)
        if cursor.fetchone() is None:
            raise LockLostError(f"The lock {lock.task_name} ran out or was taken by force")


def release(lock: Lock) -> int | None:
    """Give our lock back. How many processes it refused, or None when it was no longer ours."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, lock.parameters)
        row = cursor.fetchone()
    return None if row is None else int(row[0])
