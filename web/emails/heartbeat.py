"""Heartbeats of relays and schedulers, for the dashboard and for health checks."""

import contextlib
import os
import socket
import time
from typing import Final

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from postroom.shared.version import VERSION

BEAT_SECONDS: Final = 5.0
_BEAT: Final = """
INSERT INTO postroom_heartbeat (kind, name, version, state) VALUES (%s, %s, %s, %s)
ON CONFLICT (kind, name) DO UPDATE
SET version = excluded.version, state = excluded.state, last_seen_at = now()
"""
# A clean stop deletes the row, and rows of processes that have been silent for a day.
_FORGET: Final = """
DELETE FROM postroom_heartbeat
WHERE (kind = %s AND name = %s) OR last_seen_at < now() - interval '1 day'
"""

# Process names are HOST:PID, and a host has up to three names (see `heard_from_here`).
_HEARD: Final = """
SELECT EXISTS (
  SELECT 1 FROM postroom_heartbeat
  WHERE kind = %s AND regexp_replace(name, ':[0-9]+$', '') = ANY(%s)
    AND last_seen_at > now() - make_interval(secs => %s))
"""


class HeartbeatWriter:
    """The row of one process: `kind` is relay or scheduler, `name` says which.

    It has no thread: the process's own loop calls `beat`, which writes at most once in
    `BEAT_SECONDS`.
    """

    def __init__(self, kind: str, name: str) -> None:
        self._kind = kind
        self._name = name[:255]
        self._state = ""
        self._next = 0.0

    def beat(self, state: str) -> None:
        """Renew the row when it is time, or when the state has changed; one statement.

        Raises:
            DatabaseError, InterfaceError: PostgreSQL cannot be used.
        """
        now = time.monotonic()
        if now < self._next and state == self._state:
            return
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, (self._kind, self._name, VERSION, state[:100]))
        self._state, self._next = state, now + BEAT_SECONDS

    def stop(self) -> None:
        """Delete the row. If the database is not available, it stays and is shown as silent."""
        with (
            contextlib.suppress(DatabaseError, InterfaceError, psycopg.Error),
            connection.cursor() as cursor,
        ):
            cursor.execute(_FORGET, (self._kind, self._name))


def heard_from_here(kind: str, within: float) -> bool:
    """Whether a relay or scheduler (`kind`) on this host reported within so many seconds.

    Raises:
        DatabaseError: PostgreSQL cannot be used.
    """
    names = os.environ.get("POD_NAME"), os.environ.get("HOSTNAME"), socket.gethostname()
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, (kind, [name for name in names if name], within))
        return bool(cursor.fetchone()[0])
