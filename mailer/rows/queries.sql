-- Every statement of the mailer, each with the arrow it performs. Times are the database's clock.
-- Read by mailer/rows/store.py; the schema is made by migrations/emails.
--
-- A claim token implies `processing` (constraint postroom_email_claim_while_processing). Statements do not
-- name the status as well, and find rows only by key: otherwise the planner may use the index of leases,
-- where it must skip every entry that ended since the last vacuum.

-- name: claim
-- pending -> processing: due, not expired, not paused; with its addresses and whether each may be
-- mailed, and its files. pending -> suppressed: no address has accepted it, and every address still to
-- be tried is on the suppression list; these addresses become suppressed. No row means "not ours".
-- Columns in the order of ClaimedEmail.
WITH suppressed AS (
  UPDATE postroom_emailqueue q
  SET status = 'suppressed', last_error = 'every address is on the suppression list',
      next_attempt_at = now(),
      subject = CASE WHEN q.sensitive THEN '' ELSE q.subject END,
      html_body = CASE WHEN q.sensitive THEN '' ELSE q.html_body END,
      plain_body = CASE WHEN q.sensitive THEN '' ELSE q.plain_body END,
      context = CASE WHEN q.sensitive THEN '{}' ELSE q.context END,
      content_erased_at = CASE WHEN q.sensitive THEN now() ELSE q.content_erased_at END
  WHERE EXISTS (SELECT 1 FROM postroom_suppression)
    AND q.id = ANY(%(ids)s::bigint[]) AND q.status = 'pending' AND q.priority <> 'high'
    AND EXISTS (SELECT 1 FROM postroom_emailrecipient r WHERE r.email_id = q.id AND r.status = 'pending')
    AND NOT EXISTS (SELECT 1 FROM postroom_emailrecipient r
                    WHERE r.email_id = q.id AND r.status = 'accepted')
    AND NOT EXISTS (
      SELECT 1 FROM postroom_emailrecipient r
      WHERE r.email_id = q.id AND r.status = 'pending'
        AND NOT EXISTS (SELECT 1 FROM postroom_suppression s
                        WHERE s.address = lower(r.address COLLATE "C") COLLATE "default" AND s.list_id IN ('', q.list_id)))
  RETURNING q.id
), barred AS (
  -- In the same statement: the roles let a mailer see an e-mail that has ended in no later one.
  UPDATE postroom_emailrecipient r SET status = 'suppressed', smtp_reply = 'on the suppression list'
  FROM suppressed s WHERE r.email_id = s.id AND r.status = 'pending'
), asked AS (
  SELECT q.id FROM postroom_emailqueue q
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.status = 'pending'
    AND q.next_attempt_at <= now() AND (q.expires_at IS NULL OR q.expires_at > now())
    AND NOT EXISTS (SELECT 1 FROM postroom_queuecontrol c WHERE c.lane IN ('all', q.priority))
    AND NOT EXISTS (SELECT 1 FROM suppressed s WHERE s.id = q.id)
  ORDER BY q.id FOR UPDATE OF q
)
UPDATE postroom_emailqueue q
SET status = 'processing', claim_token = gen_random_uuid(), claimed_by = %(mailer)s,
    lease_expires_at = now() + make_interval(secs => %(lease)s), handover_at = NULL,
    attempts = q.attempts + 1
FROM asked WHERE q.id = asked.id
RETURNING q.id, q.claim_token::text, q.attempts, q.max_attempts,
  greatest(q.created_at, q.queued_at, q.scheduled_at), q.message_id,
  q.email_type, q.subject, q.from_email, q.language, q.template_path, q.html_body, q.plain_body,
  q.traceparent, q.attachment_count, extract(epoch FROM now() - q.queued_at)::float8, q.on_unknown,
  (SELECT json_agg(json_build_array(
            r.id, r.kind, r.address, r.display_name, r.status,
            q.priority <> 'high' AND EXISTS (
              SELECT 1 FROM postroom_suppression s
              WHERE s.address = lower(r.address COLLATE "C") COLLATE "default" AND s.list_id IN ('', q.list_id)))
          ORDER BY r.id)::text
   FROM postroom_emailrecipient r WHERE r.email_id = q.id),
  CASE WHEN q.attachment_count > 0 THEN (
    SELECT json_agg(json_build_array(a.name, a.mimetype, a.blob_id, a.disposition, a.content_id)
                    ORDER BY a.id)::text
    FROM postroom_emailattachment a WHERE a.email_id = q.id) END,
  q.reply_to::text, q.headers::text, q.context::text;

-- name: locked
-- Which of these another transaction has locked now; not those that no longer exist.
WITH free AS (
  SELECT q.id FROM postroom_emailqueue q WHERE q.id = ANY(%(ids)s::bigint[]) FOR UPDATE OF q SKIP LOCKED
)
SELECT q.id FROM postroom_emailqueue q
WHERE q.id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (SELECT 1 FROM free WHERE free.id = q.id);

-- name: locked_with_recipients
-- The same for all rows that a result is written to. NOT IN is hashed; NOT EXISTS would compare each
-- with each.
WITH free AS (
  SELECT q.id FROM postroom_emailqueue q WHERE q.id = ANY(%(ids)s::bigint[]) FOR UPDATE OF q SKIP LOCKED
), people AS (
  SELECT r.id FROM postroom_emailrecipient r WHERE r.email_id = ANY(%(ids)s::bigint[])
  FOR UPDATE OF r SKIP LOCKED
)
SELECT q.id FROM postroom_emailqueue q
WHERE q.id = ANY(%(ids)s::bigint[]) AND (
  NOT EXISTS (SELECT 1 FROM free WHERE free.id = q.id)
  OR EXISTS (SELECT 1 FROM postroom_emailrecipient r
             WHERE r.email_id = q.id AND r.id NOT IN (SELECT people.id FROM people)));

-- name: still_due
-- Which of these could be claimed if no lane were paused; run only for messages without a claim.
SELECT q.id FROM postroom_emailqueue q
WHERE q.id = ANY(%(ids)s::bigint[]) AND q.status = 'pending'
  AND q.next_attempt_at <= now() AND (q.expires_at IS NULL OR q.expires_at > now());

-- name: publish_again
-- Stays pending: its message was redelivered so often that RabbitMQ would soon drop it. False: the row
-- is locked; try again.
WITH free AS (
  SELECT q.id FROM postroom_emailqueue q
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.status = 'pending' FOR UPDATE OF q SKIP LOCKED
), again AS (
  UPDATE postroom_emailqueue q SET published_at = NULL FROM free
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = free.id
  RETURNING q.id
)
SELECT q.id, EXISTS (SELECT 1 FROM again WHERE again.id = q.id) FROM postroom_emailqueue q
WHERE q.id = ANY(%(ids)s::bigint[]) AND q.status = 'pending';

-- name: installation
-- Whose messages are ours; the relay writes it.
SELECT identity FROM postroom_installation;

-- name: blob
-- The bytes of one file.
SELECT content FROM postroom_attachmentblob WHERE sha256 = %(sha256)s;

-- name: hand_over
-- Stays processing: written just before the final dot of a `hold` e-mail. No row: no longer ours.
UPDATE postroom_emailqueue q SET handover_at = clock_timestamp()
FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS t(id, token)
WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = t.id AND q.claim_token = t.token
  AND q.lease_expires_at > clock_timestamp()
RETURNING q.id;

-- name: renew
-- Stays processing: everything in hand, in one statement. No row: that claim is lost. False: the row is
-- locked, so still ours but not renewed; one such row must not stop the renewal of all the others.
WITH ours AS (
  SELECT q.id, q.claim_token
  FROM postroom_emailqueue q, unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) AS t(id, token)
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = t.id AND q.claim_token = t.token
), free AS (
  SELECT q.id FROM postroom_emailqueue q, ours
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = ours.id AND q.claim_token = ours.claim_token
  FOR UPDATE OF q SKIP LOCKED
), renewed AS (
  UPDATE postroom_emailqueue q SET lease_expires_at = now() + make_interval(secs => %(lease)s)
  FROM free WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = free.id
  RETURNING q.id
)
SELECT ours.claim_token::text, EXISTS (SELECT 1 FROM renewed r WHERE r.id = ours.id) FROM ours;

-- name: record
-- processing -> completed | partial | pending | failed | unknown | suppressed; erases a sensitive e-mail that is not
-- tried again (as the relay and web/emails/transitions.py do). Writes the log row of the attempt,
-- the status of each address, and addresses that do not exist to the suppression list. A result whose
-- claim was lost is logged as fenced; it changes only addresses that accepted, and these stay accepted.
WITH result AS (
  SELECT * FROM json_to_recordset(%(results)s::json) AS t(
    id bigint, token uuid, attempt int, status text, counted bool, delay float8, outcome text,
    phase text, code int, reply text, error text, repeat bool, duration int)
), moved AS (
  UPDATE postroom_emailqueue q
  SET status = t.status, claim_token = NULL, claimed_by = '', lease_expires_at = NULL,
      handover_at = NULL, last_error = t.error,
      attempts = CASE WHEN t.counted THEN q.attempts ELSE q.attempts - 1 END,
      sent_at = CASE WHEN t.status IN ('completed', 'partial') THEN now() ELSE q.sent_at END,
      published_at = CASE WHEN t.status = 'pending' THEN NULL ELSE q.published_at END,
      -- Of an e-mail that has ended nobody reads it: deploy/postgresql/roles.sql knows by it that
      -- this transaction ended it.
      next_attempt_at = now() + make_interval(secs => CASE WHEN t.status = 'pending'
                                                           THEN t.delay ELSE 0 END),
      subject = CASE WHEN q.sensitive AND t.status <> 'pending' THEN '' ELSE q.subject END,
      html_body = CASE WHEN q.sensitive AND t.status <> 'pending' THEN '' ELSE q.html_body END,
      plain_body = CASE WHEN q.sensitive AND t.status <> 'pending' THEN '' ELSE q.plain_body END,
      context = CASE WHEN q.sensitive AND t.status <> 'pending' THEN '{}' ELSE q.context END,
      content_erased_at = CASE WHEN q.sensitive AND t.status <> 'pending' THEN now() ELSE q.content_erased_at END
  FROM result t
  WHERE q.id = ANY(%(ids)s::bigint[]) AND q.id = t.id AND q.claim_token = t.token
  RETURNING t.token, coalesce(q.task_name, nullif(q.source_app, ''), q.email_type) AS task
), logged AS (
  INSERT INTO postroom_emaillog (email_id, attempt, outcome, phase, smtp_code, smtp_reply, error,
                         possible_repeat, duration_ms, mailer, task_name, claim_token)
  SELECT t.id, t.attempt, CASE WHEN m.token IS NULL THEN 'fenced' ELSE t.outcome END, t.phase,
         nullif(t.code, 0), t.reply, t.error, t.repeat, t.duration, %(mailer)s,
         coalesce(m.task, (SELECT coalesce(q.task_name, nullif(q.source_app, ''), q.email_type)
                           FROM postroom_emailqueue q WHERE q.id = t.id), ''),
         t.token
  FROM result t LEFT JOIN moved m ON m.token = t.token
), settled AS (
  UPDATE postroom_emailrecipient r
  SET status = t.status, smtp_code = nullif(t.code, 0), smtp_reply = t.reply
  FROM json_to_recordset(%(recipients)s::json)
       AS t(token uuid, id bigint, status text, code int, reply text)
  WHERE r.id = ANY(%(people)s::bigint[]) AND r.id = t.id AND r.status <> 'accepted'
    AND (t.status = 'accepted' OR t.token IN (SELECT token FROM moved))  -- as a join it would be a nested loop
), bounced AS (
  INSERT INTO postroom_suppression (address, list_id, reason)
  SELECT DISTINCT ON (address) address, '', reason
  FROM json_to_recordset(%(bounces)s::json) AS t(address text, reason text)
  ON CONFLICT DO NOTHING
)
SELECT token::text FROM moved;

-- name: already_recorded
-- Which of these claims have a log row of ours, and whether the claim still held then; run only after a
-- commit whose answer was lost. The relay's row about an expired lease has the same claim token, but
-- does not show the outcome.
SELECT claim_token::text, outcome <> 'fenced' FROM postroom_emaillog
WHERE email_id = ANY(%(ids)s::bigint[]) AND claim_token = ANY(%(tokens)s::uuid[])
  AND outcome <> 'lease_expired';

-- name: beat
-- The heartbeat that operators see, and the other mailers of the same SMTP server. `since` comes from the
-- mailer's own clock, in seconds before now(), so it is kept unless it moves by more than rounding does.
INSERT INTO postroom_mailer AS m
  (name, version, state, waiting_for, reason, since, account, mail_limit, in_flight, server, sessions, wanting)
VALUES (%(name)s, %(version)s, %(state)s, %(waiting_for)s, %(reason)s,
  now() - make_interval(secs => %(for_seconds)s), 'default', %(mail_limit)s,
  %(in_flight)s, %(server)s, %(sessions)s, %(wanting)s)
ON CONFLICT (name) DO UPDATE
SET version = excluded.version, state = excluded.state, waiting_for = excluded.waiting_for,
    reason = excluded.reason, mail_limit = excluded.mail_limit,
    since = CASE WHEN excluded.since BETWEEN m.since - interval '1 second' AND m.since + interval '1 second'
            THEN m.since ELSE excluded.since END,
    in_flight = excluded.in_flight, server = excluded.server, sessions = excluded.sessions,
    wanting = excluded.wanting, last_seen_at = now();

-- name: others
-- What the other mailers of this SMTP server have and want; asked a few times a second, and only while the
-- server takes fewer connections than they want. One that was not seen for so long holds none any more.
SELECT count(*), coalesce(sum(sessions), 0), count(*) FILTER (WHERE wanting AND sessions = 0),
  count(*) FILTER (WHERE wanting), coalesce(sum(sessions) FILTER (WHERE wanting), 0)
FROM postroom_mailer
WHERE server = %(server)s AND name <> %(name)s AND last_seen_at > now() - interval '15 seconds';

-- name: forget_mailer
-- A clean stop deletes the heartbeat; rows of mailers silent for a day are deleted as well.
DELETE FROM postroom_mailer
WHERE name = %(name)s OR last_seen_at < now() - interval '1 day';

-- name: paused_lanes
-- Lanes that an operator has paused.
SELECT lane FROM postroom_queuecontrol;

-- name: pause
-- Pause a lane. No row: it is paused already.
INSERT INTO postroom_queuecontrol (lane, paused_by, reason)
VALUES (%(lane)s, %(by)s, %(reason)s) ON CONFLICT DO NOTHING
RETURNING lane;

-- name: resume
-- End a pause.
DELETE FROM postroom_queuecontrol WHERE lane = ANY(%(lanes)s::text[]) RETURNING lane;
