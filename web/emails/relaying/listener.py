"""Wakes the relay: by PostgreSQL's NOTIFY, or by a signal."""

import select

import psycopg
from django.db import connection

from postroom.web.emails.relaying import outbox


class Listener:
    """Waits for NOTIFY on a connection of its own, and for the descriptor that signals write to."""

    def __init__(self, wake_fd: int) -> None:
        self._wake_fd = wake_fd
        self._connection: psycopg.Connection | None = None

    def ensure_listening(self) -> None:
        """Connect and LISTEN, unless already connected. Raises psycopg.Error."""
        if self._connection is None or self._connection.closed:
            parameters = connection.get_connection_params()
            for name in ("cursor_factory", "context"):
                parameters.pop(name, None)
            self._connection = psycopg.connect(**parameters, autocommit=True)
            self._connection.execute(f"LISTEN {outbox.CHANNEL}")

    def wait(self, seconds: float) -> None:
        """Return on a notification, on a signal, or after so many seconds."""
        if self._connection is None:
            self.pause(seconds)
            return
        readable, _, _ = select.select([self._connection.fileno(), self._wake_fd], [], [], seconds)
        if self._connection.fileno() in readable:
            # Read them all: a thousand notifications need one step.
            for _ in self._connection.notifies(timeout=0):
                pass

    def pause(self, seconds: float) -> None:
        """Wait so many seconds after a failure, or until a signal."""
        select.select([self._wake_fd], [], [], seconds)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
