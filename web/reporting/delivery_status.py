"""Records the outcome of the e-mails of executions, before cleanup deletes the e-mails.

The counts on pages come from the e-mails themselves (`ExecutionQuerySet.with_outcome`); the
outcomes recorded here count when the e-mail is deleted.
"""

from typing import Final

from django.db import connection, transaction

from postroom.web.reporting.models.execution import SENT, UNSENT

_LINK: Final = """
UPDATE postroom_reporting_reportdelivery d SET email_id = q.id
FROM postroom_emailqueue q
WHERE d.email_id IS NULL AND q.idempotency_key = d.email_key AND q.idempotency_key <> ''
"""
# Deliveries and e-mails are written in one transaction: a delivery without e-mail was refused.
_REFUSED: Final = """
UPDATE postroom_reporting_reportdelivery d SET outcome = 'failed',
  error = CASE d.error WHEN '' THEN 'The queue refused it; the log of the job says why.'
          ELSE d.error END
WHERE d.email_id IS NULL AND d.outcome = 'pending'
  AND NOT EXISTS (
    SELECT 1 FROM postroom_emailqueue q
    WHERE q.idempotency_key = d.email_key AND q.idempotency_key <> '')
"""
_NOTE: Final = """
WITH seen AS (
  SELECT d.id, CASE WHEN q.status = ANY(%(sent)s) THEN 'sent'
                    WHEN q.status = ANY(%(unsent)s) THEN 'pending'
                    WHEN q.status = 'suppressed' AND r.is_subscribed IS NOT TRUE
                      AND x.trigger <> 'test' THEN 'left'
                    ELSE 'failed' END AS outcome
  FROM postroom_reporting_reportdelivery d JOIN postroom_emailqueue q ON q.id = d.email_id
  JOIN postroom_reporting_reportscheduleexecution x ON x.id = d.execution_id
  LEFT JOIN postroom_reporting_reportschedulerecipient r ON r.id = d.recipient_id
  WHERE d.outcome = 'pending' OR d.created_at > now() - interval '100 days'
)
UPDATE postroom_reporting_reportdelivery d SET outcome = seen.outcome
FROM seen WHERE seen.id = d.id AND d.outcome <> seen.outcome
"""
_LAST_SENT: Final = """
UPDATE postroom_reporting_reportschedule s SET recorded_sent = found.sent_at
FROM (
  SELECT x.schedule_id, max(coalesce(q.sent_at, q.arrived_at)) AS sent_at
  FROM postroom_reporting_reportscheduleexecution x
  JOIN postroom_reporting_reportdelivery d ON d.execution_id = x.id
  JOIN postroom_emailqueue q ON q.id = d.email_id
  WHERE x.trigger <> 'test' AND d.created_at > now() - interval '7 days'
  GROUP BY x.schedule_id
) found
WHERE s.id = found.schedule_id AND s.recorded_sent IS DISTINCT FROM found.sent_at
  AND found.sent_at IS NOT NULL
"""


def follow() -> None:
    """Link deliveries with their e-mails and record the outcome. May run at any time."""
    values = {"sent": list(SENT), "unsent": list(UNSENT)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LINK)
        cursor.execute(_REFUSED)
        cursor.execute(_NOTE, values)
        cursor.execute(_LAST_SENT)
