-- Postroom's roles in PostgreSQL 14 or newer, and their privileges: docs/postgresql.md.
--
--   psql --dbname postroom --file deploy/postgresql/roles.sql
--
-- As a superuser, in Postroom's database, after the first `manage.py migrate` and after each later
-- one. Running it again is safe: it grants what is missing and revokes what is not listed.
-- Roles have no password at first, so that no one can log in: set each with \password.

BEGIN;

DO $$
BEGIN
  IF to_regclass('public.postroom_emailqueue') IS NULL THEN
    RAISE EXCEPTION 'the table postroom_emailqueue is missing in database %', current_database()
      USING HINT = 'Connect to Postroom''s database, and run first: python manage.py migrate';
  END IF;
END $$;

-- Roles. The owner is for migrations only, and may do all that web may.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['postroom_owner', 'postroom_web', 'postroom_mailer', 'postroom_monitor']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
  END LOOP;
END $$;

GRANT postroom_web TO postroom_owner;

-- Database and schema: nothing for PUBLIC. Refreshing a view takes temporary tables.

DO $$
DECLARE
  here text := current_database();
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', here);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO postroom_owner, postroom_web, postroom_mailer,'
                 ' postroom_monitor', here);
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO postroom_web', here);
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO postroom_owner;
GRANT USAGE ON SCHEMA public TO postroom_web, postroom_mailer, postroom_monitor;

-- Tables belong to the owner, whichever role migrated first. Materialised views belong to web, which
-- refreshes them: before PostgreSQL 17 only their owner can.

DO $$
DECLARE
  before oid := (SELECT relowner FROM pg_class WHERE oid = 'public.postroom_emailqueue'::regclass);
  item record;
BEGIN
  FOR item IN
    SELECT oid::regclass AS name, relkind = 'm' AS view FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm')
      AND relowner IN (before, 'postroom_owner'::regrole)
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', item.name,
                   CASE WHEN item.view THEN 'postroom_web' ELSE 'postroom_owner' END);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, postroom_mailer, postroom_monitor', item.name);
    IF NOT item.view THEN
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO postroom_web', item.name);
    END IF;
  END LOOP;
END $$;

-- web: site, relay and jobs. All rows of all tables, also those of later migrations; not the
-- tables' structure, and not the list of migrations.

ALTER DEFAULT PRIVILEGES FOR ROLE postroom_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO postroom_web;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM postroom_web;

-- mailer: exactly what mailer/rows/queries.sql reads and writes. It cannot use a new table or
-- column until it is listed here. Of e-mails, their recipients and the list of their files it sees
-- only what waits, is claimed, or has an outcome that nobody knows: see the policies below.

GRANT
  SELECT (
    id, status, priority, list_id, claim_token, lease_expires_at, attempts, max_attempts,
    created_at, queued_at, scheduled_at, next_attempt_at, published_at, expires_at, sent_at,
    message_id, email_type, subject, from_email, reply_to, headers, language,
    template_path, context, html_body, plain_body, attachment_count, on_unknown, traceparent,
    sensitive, content_erased_at, source_app, task_name),
  UPDATE (
    status, claim_token, claimed_by, lease_expires_at, handover_at, attempts, last_error,
    next_attempt_at, published_at, sent_at,
    subject, html_body, plain_body, context, content_erased_at)  -- a sensitive e-mail is erased
  ON postroom_emailqueue TO postroom_mailer;
GRANT
  SELECT (id, email_id, kind, address, display_name, status),
  UPDATE (status, smtp_code, smtp_reply)
  ON postroom_emailrecipient TO postroom_mailer;
GRANT
  SELECT (email_id, claim_token, outcome),
  INSERT (
    email_id, attempt, outcome, phase, smtp_code, smtp_reply, error, possible_repeat, duration_ms,
    mailer, task_name, claim_token)
  ON postroom_emaillog TO postroom_mailer;
GRANT SELECT (id, email_id, name, mimetype, blob_id, disposition, content_id)
  ON postroom_emailattachment TO postroom_mailer;
GRANT SELECT (sha256, content) ON postroom_attachmentblob TO postroom_mailer;
-- It adds addresses that do not exist, and cannot remove any.
GRANT SELECT (address, list_id), INSERT (address, list_id, reason)
  ON postroom_suppression TO postroom_mailer;
-- Its heartbeat; and `postroom-mailer pause` and `resume`.
GRANT
  SELECT, DELETE,
  INSERT (
    name, version, state, waiting_for, reason, since, account, mail_limit, in_flight, server,
    sessions, wanting),
  UPDATE (
    version, state, waiting_for, reason, since, mail_limit, in_flight, server, sessions, wanting,
    last_seen_at)
  ON postroom_mailer TO postroom_mailer;
GRANT SELECT (lane), DELETE, INSERT (lane, paused_by, reason)
  ON postroom_queuecontrol TO postroom_mailer;

GRANT SELECT (identity) ON postroom_installation TO postroom_mailer;

-- Rows. A policy must hold for what an UPDATE writes as well: an e-mail that has just ended is
-- visible to the transaction that ended it, as the mailer sets next_attempt_at to that
-- transaction's now(). All other roles see all rows. The owner of the tables is not subject to this.

DO $$
DECLARE
  sees record;
BEGIN
  FOR sees IN
    SELECT * FROM (VALUES
      ('postroom_emailqueue',
       $p$status IN ('pending', 'processing', 'unknown') OR next_attempt_at = now()$p$),
      ('postroom_emailrecipient',
       $p$EXISTS (SELECT 1 FROM postroom_emailqueue q WHERE q.id = email_id)$p$),
      ('postroom_emailattachment',
       $p$EXISTS (SELECT 1 FROM postroom_emailqueue q WHERE q.id = email_id)$p$)
    ) AS policy(name, condition)
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', sees.name);
    EXECUTE format('DROP POLICY IF EXISTS postroom_everybody ON %I', sees.name);
    EXECUTE format('DROP POLICY IF EXISTS postroom_mailer ON %I', sees.name);
    EXECUTE format('CREATE POLICY postroom_everybody ON %I USING (true) WITH CHECK (true)',
                   sees.name);
    EXECUTE format('CREATE POLICY postroom_mailer ON %I AS RESTRICTIVE TO postroom_mailer'
                   ' USING (%s)', sees.name, sees.condition);
  END LOOP;
END $$;

-- monitor: state of the queue, without contents and addresses. Enough for check_email_queue.

GRANT SELECT (
    id, status, priority, email_type, source_app, task_name, on_unknown, attempts, max_attempts, created_at,
    queued_at, scheduled_at, next_attempt_at, published_at, expires_at, sent_at, claimed_by,
    lease_expires_at)
  ON postroom_emailqueue TO postroom_monitor;
GRANT SELECT (
    id, email_id, attempt, outcome, phase, smtp_code, possible_repeat, duration_ms, mailer,
    task_name, created_at)
  ON postroom_emaillog TO postroom_monitor;
GRANT SELECT ON postroom_mailer, postroom_heartbeat, postroom_queuecontrol TO postroom_monitor;
GRANT SELECT (
    id, command, status, trigger, scheduled_for, host, started_at, finished_at, found, queued,
    already_sent, skipped, changed, failed, refusals, over_deadline)
  ON postroom_jobs_jobrun TO postroom_monitor;
GRANT SELECT (command, enabled, registered, next_run_at)
  ON postroom_jobs_scheduledjob TO postroom_monitor;
GRANT SELECT (task_name, expires_at, refusals) ON postroom_jobs_tasklock TO postroom_monitor;
-- Whatever is stored although its e-mails could not be queued: only whether they wait. And which
-- reports could not be sent.
DO $$
DECLARE
  item record;
BEGIN
  FOR item IN
    SELECT attrelid::regclass AS name, attname FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      AND (attname = 'mail_state'
           OR (relname = 'postroom_notifications_noticefailure' AND attname = 'sent_at')
           OR (relname = 'postroom_reporting_reportschedule' AND attname IN ('id', 'name'))
           OR (relname = 'postroom_reporting_reportscheduleexecution'
               AND attname IN ('id', 'schedule_id', 'trigger', 'started_at', 'error')))
  LOOP
    EXECUTE format('GRANT SELECT (%I) ON %s TO postroom_monitor', item.attname, item.name);
  END LOOP;
END $$;

COMMIT;
