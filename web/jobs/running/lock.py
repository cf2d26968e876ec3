"""A named lock in the database: one statement takes or refuses it; only its owner renews it."""

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.db import connection

from postroom.web.jobs.errors import LockLostError

# The row is written even when the lock is refused: only then does the statement see an owner that
# committed while it waited. `asked_at` is "now" in every branch, so that they agree.
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

_LOOK: Final = """
SELECT token, expires_at, expires_at - clock_timestamp() FROM postroom_jobs_tasklock
WHERE task_name = %s AND expires_at > clock_timestamp()"""

_RELEASE: Final = """
DELETE FROM postroom_jobs_tasklock
WHERE task_name = %(task)s AND token = %(token)s RETURNING refusals"""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this process holds.

    `taken_from`: the owner it was taken from, or empty; `forced`: it was taken with `--force`.
    """

    task_name: str
    owner: str
    lease: timedelta
    taken_from: str = ""
    token: uuid.UUID = field(default_factory=uuid.uuid4)
    forced: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the statements about this lock."""
        return {"task": self.task_name, "token": self.token, "lease": self.lease}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The lock that another process holds."""

    task_name: str
    owner: str
    acquired_at: datetime
    expires_at: datetime
    token: uuid.UUID

    def __str__(self) -> str:
        return (
            f"{self.task_name} is held by {self.owner} since {self.acquired_at:%Y-%m-%d %H:%M:%S} "
            f"until {self.expires_at:%Y-%m-%d %H:%M:%S} UTC, unless renewed"
        )


def owner_name() -> str:
    """`HOST:PID`: the name of the pod or host (POD_NAME, HOSTNAME) and the process id."""
    host = os.environ.get("POD_NAME") or os.environ.get("HOSTNAME") or socket.gethostname()
    return f"{host[:200]}:{os.getpid()}"


def take(
    task_name: str, *, lease: timedelta, ceiling: timedelta, force: bool = False
) -> Lock | Refusal:
    """Take the lock if it is free or has expired, with `force` even from its owner. One query.

    `lease`: how long it lasts without renewal; `ceiling`: how long at most with renewals.
    """
    wanted = Lock(task_name, owner_name(), min(lease, ceiling))
    parameters = wanted.parameters | {"owner": wanted.owner, "ceiling": ceiling, "force": force}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, parameters)
        token, owner, acquired_at, expires_at, taken_from = cursor.fetchone()
    if token != wanted.token:
        return Refusal(task_name, owner, acquired_at, expires_at, token)
    return Lock(task_name, wanted.owner, wanted.lease, taken_from, wanted.token, force)


def look(task_name: str) -> tuple[uuid.UUID, datetime, timedelta] | None:
    """The token of the lock, when it expires, and in how long; None if it is free. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [task_name])
        return cast("tuple[uuid.UUID, datetime, timedelta] | None", cursor.fetchone())


def fence(lock: Lock) -> None:
    """Ensure that we hold the lock until this transaction ends; call it just before the commit.

    No process can take the lock between this statement and the commit, so writes of an owner whose
    lock was taken never commit.

    Raises:
        LockLostError: we do not hold it; roll back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FENCE, lock.parameters)
        if cursor.fetchone() is None:
            raise LockLostError(f"The lock {lock.task_name} expired or was taken by force")


def release(lock: Lock) -> int | None:
    """Release our lock. Returns how many processes it refused; None if we no longer held it."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, lock.parameters)
        row = cursor.fetchone()
    return None if row is None else int(row[0])
