"""The row is its own outbox: one named statement for each thing the relay does to it.

Times are the database's clock. Every statement checks the state that it moves rows out of.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import LiteralString, NamedTuple

from django.db import connection

from postroom.shared.broker.contract import EmailRequested
from postroom.shared.status import Priority
from postroom.web.emails import prepared_statements
from postroom.web.emails.erasing import ERASE_SENSITIVE

CHANNEL = "postroom_email_due"

# Each lane on its own, so that a million waiting newsletters do not delay one password reset. SKIP
# LOCKED: another relay has the other rows.
_LANE = """
  {lane} AS (
    SELECT id FROM postroom_emailqueue
    WHERE status = 'pending' AND published_at IS NULL AND priority = '{lane}'
      AND next_attempt_at <= now() AND (expires_at IS NULL OR expires_at > now())
    ORDER BY next_attempt_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED),"""
# Stamped before publishing and committed after: a mailer that already has the message waits for
# this row's lock, and so only for the commit. If the database crashes and loses the stamp, the
# relay publishes a harmless second message, so the commit does not wait for the disk.
_STAMP = """
  due AS ({rows}),
  quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE postroom_emailqueue q SET published_at = now() FROM due, quick WHERE q.id = due.id
RETURNING q.next_attempt_at, q.id, q.priority, q.attempts, q.email_type, q.source_app,
  q.traceparent, CASE WHEN q.attempts < %(deaths)s THEN false ELSE %(deaths)s <= (
    SELECT count(*) FROM postroom_emaillog l
    WHERE l.email_id = q.id AND l.outcome = 'lease_expired') END
"""
# So many claims that ended with their mailer make an e-mail one that must be in hand alone.
_DEATHS = 2


@lru_cache(maxsize=8)
def _take_due(lanes: tuple[Priority, ...]) -> bytes:  # built from our own lane names
    taken = "".join(_LANE.format(lane=lane.value) for lane in lanes)
    rows = " UNION ALL ".join(f"SELECT id FROM {lane.value}" for lane in lanes)
    return f"WITH{taken}{_STAMP.format(rows=rows)}".encode()


_TAKE_STAMP_BACK = """
UPDATE postroom_emailqueue SET published_at = NULL WHERE id = ANY(%s) AND status = 'pending'
"""

# pending -> expired
_EXPIRE = f"""
UPDATE postroom_emailqueue q
SET status = 'expired', last_error = 'expires_at passed before it was sent', {ERASE_SENSITIVE}
WHERE id IN (SELECT id FROM postroom_emailqueue
             WHERE status = 'pending' AND expires_at <= now()
             LIMIT %s FOR UPDATE SKIP LOCKED)
"""

# processing -> pending | partial | failed | unknown: the mailer died or lost its database. A `hold`
# e-mail may have been sent if `handover_at` is set, a `resend` e-mail in any case: the log says so.
_TAKE_BACK = """
WITH dropped AS (
  SELECT id, claim_token, claimed_by, attempts >= max_attempts AS used_up,
         on_unknown = 'resend' OR handover_at IS NOT NULL AS maybe_sent,
         on_unknown = 'hold' AS hold, attempts, sensitive
  FROM postroom_emailqueue WHERE status = 'processing' AND lease_expires_at < now()
  ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
), people AS (
  SELECT r.id FROM postroom_emailrecipient r JOIN dropped d ON r.email_id = d.id
  WHERE r.status = 'pending' FOR UPDATE OF r SKIP LOCKED
), decided AS (
  SELECT *, CASE WHEN maybe_sent AND (hold OR used_up) THEN 'unknown'
                 WHEN NOT used_up THEN 'pending'
                 WHEN EXISTS (SELECT 1 FROM postroom_emailrecipient r
                              WHERE r.email_id = dropped.id AND r.status = 'accepted')
                 THEN 'partial' ELSE 'failed' END AS status,
    CASE WHEN maybe_sent THEN 'the mailer did not report back; it may have been sent'
         ELSE 'the mailer did not report back; it was not sent' END AS error
  FROM dropped
  -- An e-mail with a locked recipient is taken back later, and does not delay the others. NOT IN
  -- is hashed where NOT EXISTS would compare each with each.
  WHERE NOT EXISTS (SELECT 1 FROM postroom_emailrecipient r
                    WHERE r.email_id = dropped.id AND r.status = 'pending'
                      AND r.id NOT IN (SELECT people.id FROM people))
), ended AS (
  SELECT *, sensitive AND status <> 'pending' AS erase FROM decided
), moved AS (
  UPDATE postroom_emailqueue q SET status = d.status, claim_token = NULL, claimed_by = '',
    lease_expires_at = NULL, handover_at = NULL, published_at = NULL,
    next_attempt_at = now(), last_error = d.error,
    sent_at = CASE WHEN d.status = 'partial' THEN now() ELSE q.sent_at END,
    subject = CASE WHEN d.erase THEN '' ELSE q.subject END,
    html_body = CASE WHEN d.erase THEN '' ELSE q.html_body END,
    plain_body = CASE WHEN d.erase THEN '' ELSE q.plain_body END,
    context = CASE WHEN d.erase THEN '{}' ELSE q.context END,
    content_erased_at = CASE WHEN d.erase THEN now() ELSE q.content_erased_at END
  FROM ended d WHERE q.id = d.id
  RETURNING q.id, coalesce(q.task_name, nullif(q.source_app, ''), q.email_type) AS task
), recipients AS (
  UPDATE postroom_emailrecipient r
  SET status = CASE d.status WHEN 'unknown' THEN 'unknown' ELSE 'refused' END
  FROM decided d WHERE r.email_id = d.id AND d.status <> 'pending' AND r.status = 'pending'
)
INSERT INTO postroom_emaillog (email_id, attempt, outcome, phase, smtp_reply, error,
                               possible_repeat, mailer, task_name, claim_token)
SELECT d.id, d.attempts, 'lease_expired', '', '', d.error,
       d.status = 'pending' AND d.maybe_sent, d.claimed_by, moved.task, d.claim_token
FROM decided d JOIN moved USING (id)
"""

_LANES_WITH_OLD_MESSAGES = """
SELECT lane FROM unnest(%s::text[]) AS lane
WHERE EXISTS (SELECT 1 FROM postroom_emailqueue WHERE status = 'pending' AND priority = lane
              AND published_at < now() - make_interval(secs => %s))
"""

_FORGET_LOST = """
UPDATE postroom_emailqueue SET published_at = NULL
WHERE id IN (SELECT id FROM postroom_emailqueue
             WHERE status = 'pending' AND priority = %s
               AND published_at < now() - make_interval(secs => %s)
             ORDER BY published_at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class Due(NamedTuple):
    """A locked row to be published: its lane and its message."""

    lane: Priority
    event: EmailRequested


def wake_relay() -> None:
    """Notify waiting relays, when this transaction commits, that an e-mail may be due."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def take_due(
    limit: int, lanes: Sequence[Priority] = tuple(Priority), *, installation: str = ""
) -> list[Due]:
    """Lock at most `limit` due rows per lane until the transaction ends, stamped as published.

    In the order of `lanes`, longest due first. Publish them all, `take_stamp_back` from those the
    broker did not confirm, and commit.
    """
    values = {"limit": limit, "deaths": _DEATHS}
    found = prepared_statements.execute(_take_due(tuple(lanes)), values)
    rows = sorted(found, key=lambda row: (lanes.index(Priority(row[2])), row[:2]))
    return [
        Due(
            Priority(priority),
            EmailRequested(
                email_id=email_id,
                attempt=attempts + 1,
                email_type=email_type,
                source_app=source_app,
                traceparent=traceparent,
                installation=installation,
                alone=alone,
            ),
        )
        for _, email_id, priority, attempts, email_type, source_app, traceparent, alone in rows
    ]


def take_stamp_back(email_ids: Sequence[int]) -> int:
    """Make rows of `take_due` due again that RabbitMQ did not confirm. Number of rows."""
    return _execute(_TAKE_STAMP_BACK, (list(email_ids),))


def expire(limit: int = 1000) -> int:
    """Move pending e-mails past their `expires_at` to `expired`. Number of rows."""
    return _execute(_EXPIRE, (limit,))


def take_back(limit: int = 500) -> int:
    """Take e-mails from mailers whose lease ran out. Number of rows."""
    return _execute(_TAKE_BACK, (limit,))


def lanes_with_old_messages(seconds: float) -> list[Priority]:
    """Lanes with an e-mail published longer than `seconds` ago and still pending."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES_WITH_OLD_MESSAGES, ([lane.value for lane in Priority], seconds))
        return [Priority(lane) for (lane,) in cursor]


def forget_lost(lane: Priority, seconds: float, limit: int = 1000) -> int:
    """Make e-mails of `lane` published longer than `seconds` ago due again. Number of rows."""
    return _execute(_FORGET_LOST, (lane.value, seconds, limit))


def _execute(statement: LiteralString, values: Sequence[object]) -> int:
    return prepared_statements.execute(statement, values).rowcount
