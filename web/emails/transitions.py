"""What operators may do to an e-mail: one function per transition, each one guarded statement.

Each returns which rows it moved. A row in another state stays as it is, so that a double click,
or a mailer that was faster, does no harm.
"""

from collections.abc import Collection, Sequence
from typing import Final, LiteralString, NamedTuple

from django.db import connection, transaction

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.conf import conf
from postroom.web.emails.erasing import ERASE_SENSITIVE
from postroom.web.emails.relaying import outbox

# The entry of the suppression list that forbids this address: as in the statement `claim`.
FORBIDS: Final[LiteralString] = """
  s.address = lower(r.address COLLATE "C") COLLATE "default" AND s.list_id IN ('', q.list_id)
"""
# `greatest` ignores NULL; a `scheduled_at` in the future still means "not before". An e-mail that
# has nobody to go to would end in the same second, so it stays as it is: every address accepted
# it, or is on the suppression list.
_REQUEUE: Final = f"""
UPDATE postroom_emailqueue SET status = 'pending', published_at = NULL,
  next_attempt_at = greatest(now(), scheduled_at), queued_at = greatest(now(), scheduled_at),
  sent_at = NULL, max_attempts = attempts + %(more)s,
  expires_at = CASE WHEN expires_at > now() THEN expires_at END
WHERE id IN (SELECT q.id FROM postroom_emailqueue q
             WHERE q.id = ANY(%(ids)s) AND q.status = ANY(%(from)s) AND q.content_erased_at IS NULL
               AND (%(expired)s OR q.status <> 'expired' AND coalesce(q.expires_at > now(), true))
               AND EXISTS (
                 SELECT 1 FROM postroom_emailrecipient r
                 WHERE r.email_id = q.id AND r.status <> 'accepted' AND (
                   q.priority = 'high'
                   OR NOT EXISTS (SELECT 1 FROM postroom_suppression s WHERE {FORBIDS})))
             ORDER BY q.id FOR UPDATE OF q)
RETURNING id
"""
# Accepted recipients stay accepted: those who have the e-mail do not get it again. What was known
# of the others moves to their history. One that is still suppressed becomes so again by the claim.
_REQUEUE_RECIPIENTS: Final = """
UPDATE postroom_emailrecipient SET status = 'pending', smtp_code = NULL, smtp_reply = '',
  earlier_replies = (coalesce(earlier_replies::jsonb, '[]') || jsonb_build_array(jsonb_build_object(
    'status', status, 'code', smtp_code, 'reply', smtp_reply, 'until', now())))::json
WHERE email_id = ANY(%s) AND status IN ('refused', 'unknown', 'suppressed')
"""
_CANCEL: Final = f"""
UPDATE postroom_emailqueue q SET status = 'cancelled', last_error = 'cancelled', {ERASE_SENSITIVE}
WHERE id IN (SELECT id FROM postroom_emailqueue WHERE id = ANY(%s) AND status = 'pending'
             ORDER BY id FOR UPDATE)
RETURNING id
"""
_IN_DOUBT: Final = """
SELECT id FROM postroom_emailqueue WHERE id = ANY(%s) AND status = 'unknown' ORDER BY id FOR UPDATE
"""
# A recipient still pending was refused temporarily, and no attempt would follow.
_ARRIVED_RECIPIENTS: Final = """
UPDATE postroom_emailrecipient
SET status = CASE status WHEN 'unknown' THEN 'accepted' ELSE 'refused' END
WHERE email_id = ANY(%s) AND status IN ('unknown', 'pending')
"""
# `sent_at` stays as it is: the mail server's answer is not known, and a person's word is not it.
_ARRIVED: Final = """
UPDATE postroom_emailqueue q SET arrived_at = now(), arrived_by = %s, status = CASE WHEN EXISTS (
  SELECT 1 FROM postroom_emailrecipient r WHERE r.email_id = q.id AND r.status = 'refused'
) THEN 'partial' ELSE 'completed' END
WHERE id = ANY(%s)
"""
_ALLOW: Final = f"""
WITH forbidding AS (
  SELECT s.id, array_agg(DISTINCT q.id) AS email_ids
  FROM postroom_emailqueue q JOIN postroom_emailrecipient r ON r.email_id = q.id
  JOIN postroom_suppression s ON {FORBIDS}
  WHERE q.id = ANY(%s) AND r.status <> 'accepted'
  GROUP BY s.id
)
DELETE FROM postroom_suppression s USING forbidding f WHERE s.id = f.id
RETURNING f.email_ids, s.id, s.address, s.list_id, s.reason
"""


class Allowed(NamedTuple):
    """An entry that was removed from the suppression list, and the e-mails that it forbade."""

    email_ids: list[int]
    id: int
    address: str
    list_id: str
    reason: str


def requeue(
    email_ids: Sequence[int],
    states: Collection[Status] = REQUEUEABLE,
    *,
    expired: bool = True,
) -> list[int]:
    """failed, partial, unknown, cancelled, expired, suppressed -> pending, with all its attempts.

    Only from `states`. Not those whose content was erased, nor those that would go to nobody, nor,
    without `expired`, those whose `expires_at` has passed. Only addresses that did not accept it
    are tried again, and not before `scheduled_at`.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _REQUEUE,
            {
                "ids": list(email_ids),
                "from": sorted(s.value for s in REQUEUEABLE.intersection(states)),
                "more": conf.delivery.max_attempts,
                "expired": expired,
            },
        )
        moved = sorted(row[0] for row in cursor)
        if moved:
            cursor.execute(_REQUEUE_RECIPIENTS, (moved,))
            outbox.wake_relay()
    return moved


def cancel(email_ids: Sequence[int]) -> list[int]:
    """pending -> cancelled."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CANCEL, (list(email_ids),))
        return sorted(row[0] for row in cursor)


def confirm_arrived(email_ids: Sequence[int], by: str = "") -> list[int]:
    """unknown -> completed, or partial: a person, `by`, knows that the e-mail arrived.

    Addresses still pending become refused: the e-mail can be requeued to them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_DOUBT, (list(email_ids),))
        moved = [row[0] for row in cursor]
        if moved:
            cursor.execute(_ARRIVED_RECIPIENTS, (moved,))
            cursor.execute(_ARRIVED, (by, moved))
    return moved


def allow(email_ids: Sequence[int]) -> list[Allowed]:
    """Remove what forbids these e-mails to go out from the suppression list; moves no e-mail."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALLOW, (list(email_ids),))
        return [Allowed(*row) for row in cursor]
