"""Counts in the database: all processes share them, and no client can push out another's.

A count belongs to a window that begins with the first event. The wait for the end of it is what a
429 says in `Retry-After`. A count stays locked until its transaction ends: call this outside of
transactions that take long or count several.
"""

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db import connection
from django.utils.crypto import salted_hmac

# The order of keys keeps two calls at once from waiting for each other.
_HIT: Final = """
INSERT INTO postroom_protection_counter AS c (key, count, expires_at)
SELECT key, 1, now() + make_interval(secs => %(seconds)s)
FROM unnest(%(keys)s::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE
SET count = CASE WHEN c.expires_at <= now() THEN 1 ELSE c.count + 1 END,
    expires_at = CASE WHEN c.expires_at <= now() THEN excluded.expires_at ELSE c.expires_at END
RETURNING c.key, c.count, extract(epoch FROM c.expires_at - now())::float8, xmax = 0
"""
# A count need not outlive a crash of the database: the commit does not wait for the disk.
_QUICK: Final = ", set_config('synchronous_commit', 'off', true)"
_FORGIVE: Final = """
UPDATE postroom_protection_counter SET count = greatest(count - 1, 0) WHERE key = ANY(%(keys)s)
"""
_CLEAN: Final = """
DELETE FROM postroom_protection_counter WHERE key IN (
  SELECT key FROM postroom_protection_counter WHERE expires_at <= now()
  ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


def hit(purpose: str, who: str, *, limit: int, seconds: int) -> int:
    """Count one event of `who`. 0 while within `limit` per `seconds`, else the seconds to wait.

    A limit of 0 means no limit.
    """
    return hits(purpose, [who], limit=limit, seconds=seconds).get(who, 0)


def hits(purpose: str, whose: Collection[str], *, limit: int, seconds: int) -> dict[str, int]:
    """Count one event of each in one statement. Those over `limit`, with the seconds to wait."""
    if not (limit and whose):
        return {}
    names = {key_of(purpose, who): who for who in whose}
    # Within a caller's transaction the setting would reach what the caller commits.
    alone = not connection.in_atomic_block
    rows = _execute(
        _HIT + (_QUICK if alone else ""), {"keys": list(names), "seconds": seconds}
    ).fetchall()
    if alone and any(row[3] for row in rows):
        _execute(_CLEAN)
    return {names[key]: max(1, math.ceil(left)) for key, count, left, *_ in rows if count > limit}


def forgive(*counted: tuple[str, str]) -> None:
    """Take one event back of each (purpose, who): it was not what the limit is about."""
    _execute(_FORGIVE, {"keys": [key_of(*pair) for pair in counted]})


def _execute(statement: str, values: Mapping[str, Any] | None = None) -> Any:
    """By psycopg's own cursor, as the e-mails of a notice are written."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection.connection.execute(statement, values)


def key_of(purpose: str, who: str) -> str:
    """The key of a count: a keyed hash (hex, 64 characters), so that a table holds no name."""
    return salted_hmac(f"postroom.web.protection.{purpose}", who, algorithm="sha256").hexdigest()
