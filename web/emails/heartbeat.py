"""Heartbeats of relays and schedulers, for the console and for health checks."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from postroom.shared.version import VERSION
from postroom.shared.waits_for import WaitsFor

BEAT_SECONDS: Final = 5.0
_NOTHING: Final[Mapping[WaitsFor, str]] = MappingProxyType({})
_BEAT: Final = """
INSERT INTO postroom_heartbeat AS h (kind, name, version, state, waiting_for, reason)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (kind, name) DO UPDATE
SET version = excluded.version, state = excluded.state, waiting_for = excluded.waiting_for,
    reason = excluded.reason, last_seen_at = now(),
    since = CASE WHEN h.state = excluded.state AND h.waiting_for = excluded.waiting_for
            THEN h.since ELSE now() END
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
        self._written: tuple[str, str, str] | None = None
        self._next = 0.0

    def beat(self, state: str, reasons: Mapping[WaitsFor, str] = _NOTHING) -> None:
        """Renew the row when it is time, or when something has changed; one statement.

        Args:
            state: in a few words.
            reasons: what the process waits for, and why: whole sentences.

        Raises:
            DatabaseError, InterfaceError: PostgreSQL cannot be used.
        """
        now = time.monotonic()
        lines = (" ".join(text.split()) for text in reasons.values())
        values = state[:255], ",".join(reasons), "\n".join(lines)
        if now < self._next and values == self._written:
            return
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, (self._kind, self._name, VERSION, *values))
        self._written, self._next = values, now + BEAT_SECONDS

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
