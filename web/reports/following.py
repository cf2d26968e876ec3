"""Notes what became of the queued e-mails of executions, before cleanup deletes them.

The counts people see come from the e-mails themselves (`ExecutionQuerySet.with_outcome`); what is
noted here counts once an e-mail is gone.
"""

from typing import Final

from django.db import connection, transaction

from postroom.web.reports.models.execution import SENT, UNSENT

_LINK: Final = """
UPDATE report_delivery d SET email_id = q.id
FROM email_queue q
WHERE d.email_id IS NULL AND q.idempotency_key = d.email_key AND q.idempotency_key <> ''
"""
# Deliveries and e-mails are written in one transaction: what has no e-mail now was refused.
_REFUSED: Final = """
UPDATE report_delivery d SET outcome = 'failed'
WHERE d.email_id IS NULL AND d.outcome = 'pending'
  AND NOT EXISTS (
    SELECT 1 FROM email_queue q
    WHERE q.idempotency_key = d.email_key AND q.idempotency_key <> '')
"""
_NOTE: Final = """
WITH seen AS (
  SELECT d.id, CASE WHEN q.status = ANY(%(sent)s) THEN 'sent'
                    WHEN q.status = ANY(%(unsent)s) THEN 'pending' ELSE 'failed' END AS outcome
  FROM report_delivery d JOIN email_queue q ON q.id = d.email_id
  WHERE d.outcome = 'pending' OR d.created_at > now() - interval '100 days'
)
UPDATE report_delivery d SET outcome = seen.outcome
FROM seen WHERE seen.id = d.id AND d.outcome <> seen.outcome
"""
_LAST_SENT: Final = """
UPDATE report_schedule s SET last_sent = found.sent_at
FROM (
  SELECT x.schedule_id, max(q.sent_at) AS sent_at
  FROM report_schedule_execution x
  JOIN report_delivery d ON d.execution_id = x.id
  JOIN email_queue q ON q.id = d.email_id
  WHERE x.trigger <> 'test' AND d.created_at > now() - interval '7 days'
  GROUP BY x.schedule_id
) found
WHERE s.id = found.schedule_id AND s.last_sent IS DISTINCT FROM found.sent_at
  AND found.sent_at IS NOT NULL
"""


def follow() -> None:
    """Link deliveries with their e-mails and note how these stand. May run at any time."""
    values = {"sent": list(SENT), "unsent": list(UNSENT)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LINK)
        cursor.execute(_REFUSED)
        cursor.execute(_NOTE, values)
        cursor.execute(_LAST_SENT)
