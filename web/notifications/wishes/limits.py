"""Bounds the e-mails to one person about one item: nobody is flooded by another's clicks.

Each notice is counted by rows of its own, which commit with the change. A counter that is updated
would stay locked until the commit: two transactions that notify the same people in another order
would deadlock, and a long one would hold up every other change. So transactions that run at the
same moment do not see each other's notices, and may together go over a limit by what each queues.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Model

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.protection.counters import key_of

log = logger("postroom.web.notifications")

# One statement, as it is run for each change; it waits for no other transaction. It counts what
# is below all limits of its person, and returns the persons who are at one.
_COUNT: Final = """
WITH one AS (
  SELECT * FROM unnest(%(persons)s::int[], %(keys)s::text[], %(limits)s::int[])
  AS one (person, key, most)
), over AS (
  SELECT DISTINCT person FROM one WHERE EXISTS (
    SELECT FROM postroom_notifications_countednotice AS past
    WHERE past.key = one.key AND past.created_at > now() - interval '1 hour'
    OFFSET one.most - 1)
), counted AS (
  INSERT INTO postroom_notifications_countednotice (key)
  SELECT key FROM one WHERE person NOT IN (SELECT person FROM over)
)
SELECT person FROM over
"""


def within_limits(addresses: Sequence[str], row: Model, actor: Any) -> list[str]:
    """Those of `addresses` that may get one more notice about `row` within this hour.

    `NOTICES_PER_ITEM_HOUR` of one person about one item, and `NOTICES_PER_PERSON_HOUR` about all.
    `NOTICES_PER_ACTOR_HOUR` of one person because of one user, who could otherwise take a new item
    for each: not for users with the permission to change all items of the kind. The log names the
    row.
    """
    if not addresses:
        return []
    bounded = actor is not None and not _may_change_all(actor, row)
    found = [
        (number, key, most)
        for number, address in enumerate(addresses)
        for key, most in _limits(address.lower(), row, actor if bounded else None)
    ]
    if not found:
        return list(addresses)
    persons, keys, limits = zip(*found, strict=True)
    values = {"persons": list(persons), "keys": list(keys), "limits": list(limits)}
    # By psycopg's own cursor, which prepares it, as the e-mails are written.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        over = {person for (person,) in connection.connection.execute(_COUNT, values).fetchall()}
    if over:
        label, user = row._meta.label_lower, getattr(actor, "pk", None)
        log.warning("notices_limited", model=label, pk=row.pk, count=len(over), user=user)
    return [address for number, address in enumerate(addresses) if number not in over]


def _limits(address: str, row: Model, actor: Any) -> Iterator[tuple[str, int]]:
    """The key and the number of each limit that is set (0: none)."""
    item = f"{address} {row._meta.label_lower} {row.pk}"
    if most := conf.notices_per_item_hour:
        yield key_of("notice_item", item), most
    if most := conf.notices_per_person_hour:
        yield key_of("notice_person", address), most
    if actor is not None and (most := conf.notices_per_actor_hour):
        yield key_of("notice_actor", f"{actor.pk} {address}"), most


def _may_change_all(actor: Any, row: Model) -> bool:
    """False for users of a model without permissions: they are limited like everybody."""
    if not hasattr(actor, "has_perm"):
        return False
    return bool(actor.has_perm(f"{row._meta.app_label}.change_{row._meta.model_name}"))
