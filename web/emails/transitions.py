"""What operators may do to an e-mail: one function per transition, each one guarded statement.

Each returns how many rows it moved. A row in another state stays as it is, so that a double click,
or a mailer that was faster, does no harm.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from postroom.shared.status import REQUEUEABLE
from postroom.web.conf import conf
from postroom.web.emails.erasing import ERASE_SENSITIVE
from postroom.web.emails.relaying import outbox

# `greatest` ignores NULL; a `scheduled_at` in the future still means "not before".
_REQUEUE = """
UPDATE postroom_emailqueue SET status = 'pending', published_at = NULL,
  next_attempt_at = greatest(now(), scheduled_at), queued_at = greatest(now(), scheduled_at),
  sent_at = NULL, max_attempts = attempts + %(more)s,
  expires_at = CASE WHEN expires_at > now() THEN expires_at END
WHERE id IN (SELECT id FROM postroom_emailqueue WHERE id = ANY(%(ids)s) AND status = ANY(%(from)s)
               AND content_erased_at IS NULL
             ORDER BY id FOR UPDATE)
RETURNING id
"""
# Accepted recipients stay accepted: those who have the e-mail do not get it again.
_REQUEUE_RECIPIENTS = """
UPDATE postroom_emailrecipient SET status = 'pending', smtp_code = NULL, smtp_reply = ''
WHERE email_id = ANY(%s) AND status IN ('refused', 'unknown')
"""
_CANCEL = f"""
UPDATE postroom_emailqueue q SET status = 'cancelled', last_error = 'cancelled', {ERASE_SENSITIVE}
WHERE id IN (SELECT id FROM postroom_emailqueue WHERE id = ANY(%s) AND status = 'pending'
             ORDER BY id FOR UPDATE)
"""
_IN_DOUBT = """
SELECT id FROM postroom_emailqueue WHERE id = ANY(%s) AND status = 'unknown' ORDER BY id FOR UPDATE
"""
# A recipient still pending was refused temporarily, and no attempt would follow.
_ARRIVED_RECIPIENTS = """
UPDATE postroom_emailrecipient
SET status = CASE status WHEN 'unknown' THEN 'accepted' ELSE 'refused' END
WHERE email_id = ANY(%s) AND status IN ('unknown', 'pending')
"""
_ARRIVED = """
UPDATE postroom_emailqueue q SET sent_at = now(), status = CASE WHEN EXISTS (
  SELECT 1 FROM postroom_emailrecipient r WHERE r.email_id = q.id AND r.status = 'refused'
) THEN 'partial' ELSE 'completed' END
WHERE id = ANY(%s)
"""


def requeue(email_ids: Sequence[int]) -> int:
    """failed, partial, unknown, cancelled, expired -> pending, with a full set of attempts.

    Not those whose content was erased. Only addresses that did not accept it are tried again, and
    not before `scheduled_at`.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _REQUEUE,
            {
                "ids": list(email_ids),
                "from": sorted(s.value for s in REQUEUEABLE),
                "more": conf.delivery.max_attempts,
            },
        )
        moved = [row[0] for row in cursor]
        if moved:
            cursor.execute(_REQUEUE_RECIPIENTS, (moved,))
            outbox.wake_relay()
    return len(moved)


def cancel(email_ids: Sequence[int]) -> int:
    """pending -> cancelled."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CANCEL, (list(email_ids),))
        return int(cursor.rowcount)


def confirm_arrived(email_ids: Sequence[int]) -> int:
    """unknown -> completed, or partial: an operator knows that the e-mail arrived.

    Addresses still pending become refused: the e-mail can be requeued to them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_DOUBT, (list(email_ids),))
        moved = [row[0] for row in cursor]
        if moved:
            cursor.execute(_ARRIVED_RECIPIENTS, (moved,))
            cursor.execute(_ARRIVED, (moved,))
    return len(moved)
