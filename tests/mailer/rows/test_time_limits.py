"""A database that no longer answers ends a statement in seconds, whatever became of the network."""

import socket
from typing import Any

import psycopg
import pytest

from postroom.mailer.rows.database import Database


def limits(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """What is in force on the server and, over TCP, on our socket."""
    found: dict[str, Any] = {
        name: connection.execute(f"SHOW {name}").fetchall()[0][0]
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    }
    with socket.socket(fileno=socket.dup(connection.fileno())) as ours:
        found["tcp"] = ours.family != socket.AF_UNIX
        if found["tcp"]:
            names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            found |= {n: ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, n)) for n in names}
    return found


@pytest.mark.fault(55)
def test_limits_are_in_force_on_every_connection(database_url: str) -> None:
    database = Database(database_url, name="test")
    found = database.run(limits)
    database.close()
    assert found["statement_timeout"] == "20s"
    assert found["lock_timeout"] == "3s"
    assert found["idle_in_transaction_session_timeout"] == "30s"
    assert found["tcp"], "the limits of TCP were not tested"
    # Dead after 25 s in silence, or 15 s after something was written.
    assert (found["TCP_KEEPIDLE"], found["TCP_KEEPINTVL"], found["TCP_KEEPCNT"]) == (10, 5, 3)
    assert found["TCP_USER_TIMEOUT"] == 15000
