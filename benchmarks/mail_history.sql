-- A queue as a month leaves it: %(rows)s e-mails with addresses and attempts, in sets of rows.
-- One e-mail in seven is for a customer who gets many; the other addresses are all different.

INSERT INTO postroom_emailqueue (
  id, email_type, subject, from_email, reply_to, headers, language, template_path, context,
  html_body, plain_body, attachment_count, source_app, related_model_id, tags, metadata, list_id,
  priority, on_unknown, idempotency_key, payload_hash, traceparent, status, message_id, attempts,
  max_attempts, last_error, created_at, queued_at, next_attempt_at, published_at, sent_at,
  claimed_by)
SELECT n,
  CASE WHEN n %% 50000 = 7 THEN 'rare_type' ELSE 'type_' || n %% 9 END,
  CASE WHEN n %% 50000 = 9 THEN 'Needle ' ELSE 'Your order ' END || n || ' of the shop',
  'Shop <shop@example.org>', '[]', '{}', '', 'inquiry/received',
  jsonb_build_object('name', md5(n::text), 'reference', n, 'message', repeat(md5(n::text), 10)),
  '', '', 0, CASE WHEN n %% 50000 = 11 THEN 'rare_app' ELSE 'app_' || n %% 4 END, n::text, '[]', '{}', '',
  CASE n %% 20 WHEN 0 THEN 'high' WHEN 1 THEN 'bulk' ELSE 'normal' END, 'resend', '', '', '',
  kind.status, '<' || md5(n::text) || '@example.org>',
  CASE kind.status WHEN 'pending' THEN n %% 2 ELSE 1 END, 8,
  CASE WHEN kind.status IN ('failed', 'partial') THEN '550 5.1.1 No such user'
       WHEN kind.status = 'unknown' THEN 'the connection failed after the final dot'
       WHEN kind.status = 'pending' AND n %% 2 = 1 THEN '451 4.7.1 Greylisted' ELSE '' END,
  moment.at, moment.at, moment.at, moment.at,
  CASE WHEN kind.status IN ('completed', 'partial') THEN moment.at + interval '1 second' END, ''
FROM generate_series(1, %(rows)s) AS n,
  LATERAL (SELECT now() - (%(rows)s - n) * interval '30 days' / %(rows)s AS at) AS moment,
  LATERAL (SELECT CASE WHEN n %% 40 = 3 THEN 'failed' WHEN n %% 400 = 4 THEN 'partial'
    WHEN n %% 1000 = 5 THEN 'unknown' WHEN n %% 20000 = 6 THEN 'cancelled'
    WHEN n %% 20000 = 8 THEN 'expired' WHEN n %% 20000 = 10 THEN 'suppressed'
    WHEN n %% 500 = 12 THEN 'pending' ELSE 'completed' END AS status) AS kind;

INSERT INTO postroom_emailrecipient (email_id, kind, address, display_name, status, smtp_code, smtp_reply)
SELECT q.id, 'to',
  CASE WHEN q.id %% 7 = 0 THEN 'staff@example.org'
       WHEN q.id %% 50000 = 13 THEN 'rare.person' || q.id || '@rare.example'
       WHEN q.id %% 3 = 0 THEN 'Person.' || q.id || '@mail.example'
       ELSE 'person.' || q.id || '@d' || q.id %% 1000 || '.example' END, '',
  CASE q.status WHEN 'completed' THEN 'accepted' WHEN 'failed' THEN 'refused'
    WHEN 'partial' THEN 'accepted' WHEN 'unknown' THEN 'unknown' WHEN 'suppressed'
    THEN 'suppressed' ELSE 'pending' END,
  CASE q.status WHEN 'completed' THEN 250 WHEN 'failed' THEN 550 END, ''
FROM postroom_emailqueue q;

INSERT INTO postroom_emailrecipient (email_id, kind, address, display_name, status, smtp_code, smtp_reply)
SELECT q.id, 'cc', 'copy.' || q.id || '@example.net', '',
  CASE q.status WHEN 'completed' THEN 'accepted' ELSE 'refused' END, 250, ''
FROM postroom_emailqueue q WHERE q.id %% 10 = 2 OR q.status = 'partial';

INSERT INTO postroom_emaillog (email_id, attempt, outcome, phase, smtp_code, smtp_reply, error,
  possible_repeat, duration_ms, mailer, task_name, created_at)
SELECT q.id, 1,
  CASE q.status WHEN 'completed' THEN 'accepted' WHEN 'pending' THEN 'retry' ELSE q.status END,
  CASE WHEN q.status = 'failed' AND q.id %% 80 = 3 THEN 'connect' WHEN q.status = 'failed' THEN 'rcpt'
    WHEN q.status = 'pending' THEN 'rcpt' ELSE 'final' END,
  CASE q.status WHEN 'completed' THEN 250 WHEN 'partial' THEN 250
    WHEN 'failed' THEN CASE WHEN q.id %% 80 = 3 THEN NULL WHEN q.id %% 16000 = 43 THEN 552 ELSE 550 END
    WHEN 'pending' THEN 451 END,
  CASE q.status WHEN 'completed' THEN '2.0.0 Ok: queued'
    WHEN 'failed' THEN CASE WHEN q.id %% 80 = 3 THEN '' WHEN q.id %% 16000 = 43 THEN '5.2.2 Mailbox full'
      ELSE '5.1.1 No such user' END
    WHEN 'pending' THEN '4.7.1 Greylisted' ELSE '' END,
  q.last_error, false, 40, 'mailer-' || q.id %% 3, q.source_app,
  q.created_at + interval '1 second'
FROM postroom_emailqueue q
WHERE q.status IN ('completed', 'failed', 'partial', 'unknown') OR q.attempts > 0;
