"""The statements of `cleanup_emails`, each of which deletes, erases or counts one batch."""

# The lock makes PostgreSQL check each row's status again, so an e-mail requeued in the meantime is
# skipped; SKIP LOCKED leaves one that is being requeued right now to the next run. Foreign keys are
# checked at the commit, so one statement can delete children and parents.
DELETE_EMAILS = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue
  WHERE status = ANY(%(states)s) AND created_at < %(before)s
    AND id > %(after)s AND id <= %(last)s
  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), recipients AS (
  DELETE FROM postroom_emailrecipient r USING doomed d WHERE r.email_id = d.id RETURNING 1
), attempts AS (
  DELETE FROM postroom_emaillog l USING doomed d WHERE l.email_id = d.id RETURNING 1
), attachments AS (
  DELETE FROM postroom_emailattachment a USING doomed d WHERE a.email_id = d.id RETURNING 1
), emails AS (
  DELETE FROM postroom_emailqueue q USING doomed d
  WHERE q.id = d.id AND q.status = ANY(%(states)s) RETURNING 1
)
SELECT (SELECT max(id) FROM doomed), (SELECT count(*) FROM emails),
  (SELECT count(*) FROM recipients), (SELECT count(*) FROM attempts),
  (SELECT count(*) FROM attachments)
"""
COUNT_EMAILS = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue WHERE status = ANY(%(states)s) AND created_at < %(before)s
)
SELECT (SELECT count(*) FROM doomed),
  (SELECT count(*) FROM postroom_emailrecipient r JOIN doomed d ON d.id = r.email_id),
  (SELECT count(*) FROM postroom_emaillog l JOIN doomed d ON d.id = l.email_id),
  (SELECT count(*) FROM postroom_emailattachment a JOIN doomed d ON d.id = a.email_id)
"""
# Bodies, context and files go; the facts stay (who, when, which type, subject, replies). A
# sensitive e-mail has lost its content when it ended, and only its files are left.
ERASE_CONTENT = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue
  WHERE status = ANY(%(states)s) AND created_at < %(before)s AND content_erased_at IS NULL
    AND id > %(after)s AND id <= %(last)s
  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), attachments AS (
  DELETE FROM postroom_emailattachment a USING doomed d WHERE a.email_id = d.id RETURNING 1
), emails AS (
  UPDATE postroom_emailqueue q
  SET html_body = '', plain_body = '', context = '{}', content_erased_at = now()
  FROM doomed d WHERE q.id = d.id AND q.status = ANY(%(states)s) RETURNING 1
)
SELECT (SELECT max(id) FROM doomed), (SELECT count(*) FROM emails),
  (SELECT count(*) FROM attachments)
"""
COUNT_CONTENT = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue
  WHERE status = ANY(%(states)s) AND created_at < %(before)s AND content_erased_at IS NULL
)
SELECT (SELECT count(*) FROM doomed),
  (SELECT count(*) FROM postroom_emailattachment a JOIN doomed d ON d.id = a.email_id)
"""
DELETE_ERASED_ATTACHMENTS = """
WITH doomed AS (
  SELECT a.id FROM postroom_emailattachment a JOIN postroom_emailqueue q ON q.id = a.email_id
  WHERE q.content_erased_at IS NOT NULL AND a.id > %(after)s
  ORDER BY a.id LIMIT %(limit)s FOR UPDATE OF a SKIP LOCKED
), attachments AS (
  DELETE FROM postroom_emailattachment a USING doomed d WHERE a.id = d.id RETURNING 1
)
SELECT (SELECT max(id) FROM doomed), (SELECT count(*) FROM attachments)
"""
COUNT_ERASED_ATTACHMENTS = """
SELECT count(*) FROM postroom_emailattachment a JOIN postroom_emailqueue q ON q.id = a.email_id
WHERE q.content_erased_at IS NOT NULL
  AND NOT (q.status = ANY(%(states)s) AND q.created_at < %(before)s)
"""
# A call that is storing this very file right now has updated `created_at` (see attachments.py):
# the lock makes PostgreSQL check it again, so the file stays.
DELETE_FILES = """
WITH doomed AS (
  SELECT sha256 FROM postroom_attachmentblob b
  WHERE created_at < now() - interval '1 day' AND sha256 > %(after)s
    AND NOT EXISTS (SELECT 1 FROM postroom_emailattachment a WHERE a.blob_id = b.sha256)
  ORDER BY sha256 LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), files AS (
  DELETE FROM postroom_attachmentblob b USING doomed d WHERE b.sha256 = d.sha256 RETURNING 1
)
SELECT (SELECT max(sha256) FROM doomed), (SELECT count(*) FROM files)
"""
COUNT_FILES = """
SELECT count(*) FROM postroom_attachmentblob b
WHERE created_at < now() - interval '1 day'
  AND NOT EXISTS (
    SELECT 1 FROM postroom_emailattachment a JOIN postroom_emailqueue q ON q.id = a.email_id
    WHERE a.blob_id = b.sha256 AND q.content_erased_at IS NULL
      AND NOT (q.status = ANY(%(states)s) AND q.created_at < %(before)s))
"""
BEFORE = "SELECT now() - %s::interval"
LAST = "SELECT coalesce(max(id), 0) FROM postroom_emailqueue WHERE created_at < %s"
