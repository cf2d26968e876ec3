"""What each setting means, in the order of docs/settings.md; all else is read from the code.

A new setting gets a line here and `python -m dev.pages.settings_reference`, which writes the page.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One setting. `unset`: what counts where the code's default is empty; `unit`: of a number."""

    name: str
    text: str
    unset: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings under one heading; each is read by all of `readers` (`web`, `mailer`)."""

    title: str
    readers: frozenset[str]
    settings: tuple[Meaning, ...]


_BOTH = frozenset({"web", "mailer"})
_WEB = frozenset({"web"})
_MAILER = frozenset({"mailer"})

GROUPS = (
    Group("Both services", _BOTH, (
        Meaning("DATABASE_URL", "PostgreSQL: `postgresql://user:password@host:port/database?sslmode=verify-full`, or libpq's `host=... dbname=...`; several hosts with commas; without a database's name, `postroom`. `options=-c search_path=app` is added to Postroom's own time limits"),
        Meaning("DATABASE_PREPARED_STATEMENTS", "`no` behind a pooler that does not support prepared statements (PgBouncer in transaction mode: before 1.21; in 1.21 to 1.23 unless `max_prepared_statements` is set; since 1.24 only if it is set to 0)"),
        Meaning("RABBITMQ_URL", "`amqp://user:password@host:port/vhost`; as in Celery `//` at the end is the virtual host `/`; `amqps://` verifies certificate and name; the nodes of a cluster with commas: `@host1:5671,host2:5671/vhost`", "the five that follow"),
        Meaning("RABBITMQ_HOST", "host, when there is no `RABBITMQ_URL`; several with commas, each with its own `:port` if needed"),
        Meaning("RABBITMQ_PORT", "port, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_USER", "user, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_PASSWORD", "password, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_VHOST", "virtual host, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_CA_FILE", "certificate authorities for `amqps://`", "the system's"),
        Meaning("RABBITMQ_CERT_FILE", "our certificate in PEM, for a broker that verifies its clients"),
        Meaning("RABBITMQ_KEY_FILE", "its key in PEM without a passphrase, if not in the same file"),
        Meaning("RABBITMQ_TOPOLOGY", "`verify`: only check whether the queues exist (least privilege)"),
        Meaning("RABBITMQ_HEARTBEAT_SECONDS", "after this silence, and some seconds more, RabbitMQ counts as gone, and a new connection is opened", unit="seconds"),
        Meaning("EMAIL_TEMPLATE_DIRS", "existing folders of e-mail templates, searched before `shared/templates`; an entry with `*` means every matching folder. A mailer reads only these two: for the shipped systems it needs `web/systems/*/postroom_templates` here, as a whole path (set in the mailer's image and systemd unit; `manage.py consume_emails` passes the site's folders on)"),
        Meaning("LANGUAGE_CODE", "the site's language, as `de` or `pt-BR`: of e-mails that ask for no other, or for one that their template does not have ([letters](letters.md)); in a Django site, Django's setting of this name. The mailer needs the same value"),
        Meaning("SITE_NAME", "the site's name in e-mails and pages; the mailer needs the same value, and so for the settings `BRAND_…` ([letters](letters.md))"),
        Meaning("BRAND_COLOUR", "colour of buttons, links and bars in e-mails, as `#1f5fbf`; refused if its contrast with white is below 4.5:1"),
        Meaning("BRAND_DARK_COLOUR", "the same in dark mode; refused if its contrast with `#1d2127` is below 4.5:1. Without it, another `BRAND_COLOUR` is mixed with as much white as it needs"),
        Meaning("BRAND_LOGO", "path of a PNG, JPEG or GIF picture of at most 100 kB at the head of each e-mail; it travels with it", "the site's name"),
        Meaning("BRAND_ADDRESS", "postal address at the end of each e-mail; may have several lines"),
        Meaning("BRAND_FOOTER", "a text above the address; may have several lines"),
        Meaning("EMAIL_MAX_RENDERED_BYTES", "size of each part of a rendered template", unit="bytes"),
        Meaning("EMAIL_REDIRECT_ALL_TO", "for staging: every e-mail goes to these addresses instead of its own, which the subject and the header `X-Postroom-Original-To` name ([testing](testing.md))", "mail goes where it was sent to"),
        Meaning("EMAIL_ALLOWED_DOMAINS", "for staging: addresses at other domains, subdomains too, are not mailed; they end `suppressed`, with the reason", "all domains"),
        Meaning("EMAIL_LEASE_SECONDS", "how long a claim holds without renewal"),
        Meaning("EMAIL_ON_UNKNOWN", "what to do with an e-mail whose outcome cannot be known, when the call does not say ([delivery contract](delivery-contract.md))"),
        Meaning("LOG_LEVEL", "the lowest level that is logged"),
    )),
    Group("Web, relay and jobs", _WEB, (
        Meaning("DATABASE_SERVER_SIDE_CURSORS", "`no` behind PgBouncer in transaction mode, of any version: jobs over many rows read them without cursors; by default as `DATABASE_PREPARED_STATEMENTS`"),
        Meaning("SECRET_KEY", "Django's", "required unless `DEBUG`"),
        Meaning("SECRET_KEY_FALLBACKS", "earlier keys: sessions and links in old e-mails that they signed still work"),
        Meaning("ALLOWED_HOSTS", "the site's host names"),
        Meaning("CSRF_TRUSTED_ORIGINS", "Django's, as `https://postroom.example.org`"),
        Meaning("DEBUG", "for development only: shows errors with their values to every visitor; refused with a public name in `ALLOWED_HOSTS`"),
        Meaning("HTTPS_ONLY", "behind a TLS proxy: secure cookies, redirect (not of `/healthz`, `/readyz`, `/metrics`), HSTS"),
        Meaning("HTTPS_PROXY_HEADER", "with `HTTPS_ONLY`: the header in which the proxy reports `https`; the proxy must set or remove it in every request. `none`: this server speaks TLS itself"),
        Meaning("HSTS_SECONDS", "with `HTTPS_ONLY`: how long browsers insist on TLS", unit="seconds"),
        Meaning("HSTS_SUBDOMAINS", "with `HTTPS_ONLY`: binds all sites of the domain"),
        Meaning("HSTS_PRELOAD", "with `HTTPS_ONLY`: lets browsers add the domain to their preload lists"),
        Meaning("SITE_URL", "what links in e-mails begin with, `https://postroom.example.org`", "no links, and reports are not sent"),
        Meaning("API_REQUESTS_PER_MINUTE", "requests of one user to the API, all web processes together; 0: no limit"),
        Meaning("DEFAULT_FROM_EMAIL", "the sender of e-mails that name none: `Postroom <office@example.org>`; a display name with a comma in double quotes; `postroom-mailer check` asks the SMTP server whether it takes mail from it"),
        Meaning("STAFF_EMAILS", "addresses that get the notices of the forms, separated by commas; a display name with a comma in double quotes"),
        Meaning("CONTACT_EMAIL", "whom people answer: `Reply-To` of confirmations, reminders, reports and notices, as an address or `Office <office@example.org>`", "the first of `STAFF_EMAILS`"),
        Meaning("EMAIL_MAX_ATTEMPTS", "attempts per e-mail"),
        Meaning("EMAIL_MAX_RECIPIENTS", "addresses per e-mail"),
        Meaning("EMAIL_MAX_BODY_BYTES", "size of each body given with an e-mail", unit="bytes"),
        Meaning("EMAIL_MAX_CONTEXT_BYTES", "size of an e-mail's context, as JSON", unit="bytes"),
        Meaning("EMAIL_MAX_ATTACHMENTS", "files per e-mail"),
        Meaning("EMAIL_MAX_ATTACHMENT_BYTES", "size of all files of one e-mail together", unit="bytes"),
        Meaning("SEND", "`queue`; for a developer without broker `console` prints each e-mail when the caller's transaction commits, and `off` does not: rows are `cancelled` at once, and no relay starts ([testing](testing.md))"),
        Meaning("EMAIL_PLAIN_ORM", "`yes`: the call writes its rows by Django's plain ORM, in several statements instead of one: slower, and a way to rule out the fast path when something looks wrong"),
        Meaning("EMAIL_LOST_AFTER_SECONDS", "an e-mail that was published this long ago and is still pending while its lane is empty is published again"),
        Meaning("JOBS_AT_ONCE", "how many jobs one `run_jobs` has running at the same time; each takes about 60 MB, and the others wait for their turn"),
        Meaning("JOB_TIMES", "times that replace those in the code: `send_monthly_mou_emails: 0 6 2 * *; notify_late_sprs: 0 10 * * 1 Europe/Berlin` (cron expression, time zone if not the job's own); a dictionary in `POSTROOM` ([scheduling](scheduling.md))", "the times in the code"),
        Meaning("JOB_RETRIES", "how often a run is tried again that died, or failed for a reason that may pass; 0: never"),
        Meaning("JOB_RETRY_SECONDS", "wait before a run that failed is tried again; each next wait is twice as long"),
        Meaning("JOB_WEBHOOK_URL", "`https://hooks.example.org/services/KEY` of Slack, Teams or the like, which gets one line about runs that ended; `http` only to this machine", "no webhook"),
        Meaning("JOB_WEBHOOK_FORMAT", "`text`: what Slack, Mattermost and Google Chat take; `card`: an adaptive card, which Teams' workflows take"),
        Meaning("JOB_WEBHOOK_EVENTS", "`trouble`: only runs that failed, were lost or ended at their deadline; `all`: every run"),
        Meaning("JOB_LEASE_SECONDS", "how long a job's lock holds without renewal ([scheduling](scheduling.md))"),
        Meaning("RABBITMQ_MANAGEMENT_URL", "`https://user:password@host:15671`, RabbitMQ's management API: the console then shows how many messages are in the dead-letter queue; a user with the tag `monitoring` is enough"),
        Meaning("RUNBOOKS_URL", "where you publish the pages of `docs/runbooks/`: alerts then link to `RUNBOOKS_URL/mail-waits.md`", "alerts name the page's path"),
        Meaning("METRICS_TOKEN", "clients that send it may read `/metrics` of web", "this machine only"),
    )),
    Group("Protection (web)", _WEB, (
        Meaning("TRUSTED_PROXIES", "the proxies that are trusted about the client's address: how many, or their networks with commas (`10.0.0.0/8,192.0.2.7`, `unix` for a Unix socket)"),
        Meaning("TRUSTED_PROXIES_HEADER", "the header they write, `X-Forwarded-For` or `Forwarded`; name it if that is `Forwarded`", "the first, or the second if there is no first"),
        Meaning("LOGIN_FAILURES", "wrong passwords of one client for one account within 15 minutes; for all accounts of a client three times, for one account from everywhere ten times as many; 0: no limit"),
        Meaning("REQUEST_MAX_BYTES", "largest request; a form with a file takes `SUBMISSION_MAX_FILE_BYTES` more", unit="bytes"),
        Meaning("NOTICES_PER_ITEM_HOUR", "notices to one person about one item; further ones come together, within the hour; 0: no limit"),
        Meaning("NOTICES_PER_PERSON_HOUR", "notices to one person about all items; further ones come together; 0: no limit"),
        Meaning("NOTICES_PER_ACTOR_HOUR", "notices to one person because of one user who may not change all items of the kind; further ones come together; 0: no limit"),
        Meaning("NOTICES_DIGEST_HOUR", "hour of the day, 0 to 23 in the reader's time zone, of the daily digest of notices"),
    )),
    Group("The forms (web)", _WEB, (
        Meaning("SUBMISSIONS_PER_ADDRESS_HOUR", "submissions per hour of one mailbox, in all its spellings, to all forms together; 0: no limit"),
        Meaning("SUBMISSIONS_PER_ADDRESS_DAY", "the same per day"),
        Meaning("SUBMISSIONS_PER_IP_HOUR", "submissions per hour from one client address to all forms together; 0: no limit"),
        Meaning("SUBMISSION_MAX_FILE_BYTES", "largest PDF that a speaker may upload", unit="bytes"),
        Meaning("SUBMISSION_CHALLENGE", "dotted path of a function that lets people through and robots not ([forms](forms.md))", "no challenge"),
        Meaning("SUBMISSION_EVENTS", "events that are open for registration"),
        Meaning("SUBMISSION_EVENT_DETAILS", "what a confirmation says about an event, as JSON ([forms](forms.md))", "only its name"),
    )),
    Group("Mailer", _MAILER, (
        Meaning("EMAIL_HOST", "the SMTP server"),
        Meaning("EMAIL_PORT", "its port; 465 is the default with `EMAIL_USE_SSL`"),
        Meaning("EMAIL_HOST_USER", "login", "no login"),
        Meaning("EMAIL_HOST_PASSWORD", "password; never sent in clear text except to this machine"),
        Meaning("EMAIL_USE_TLS", "require STARTTLS with a valid certificate"),
        Meaning("EMAIL_USE_SSL", "TLS from the first byte"),
        Meaning("EMAIL_CA_FILE", "certificate authorities for the SMTP server", "the system's"),
        Meaning("EMAIL_EHLO_NAME", "the name that the mailer gives in EHLO: a domain like `mail.example.org` or an address literal like `[192.0.2.1]`. Set it where many servers demand a name that DNS knows; a container rarely has one", "the host's full domain name, or the literal of its address if it has none"),
        Meaning("EMAIL_TIMEOUT", "time limit for connecting and for each command"),
        Meaning("EMAIL_FINAL_TIMEOUT", "time limit for the answer to the final dot; when it runs out, the outcome is unknown"),
        Meaning("EMAIL_CHUNKING", "send a `resend` e-mail in one write where the server offers CHUNKING (RFC 3030); [when and why](decisions/0010-a-mail-in-one-write.md)"),
        Meaning("EMAIL_RETRY_BASE_SECONDS", "longest first wait before another attempt; each next one is up to four times as long, with full jitter"),
        Meaning("EMAIL_RETRY_MAX_SECONDS", "longest wait before another attempt"),
        Meaning("EMAIL_MAX_AGE_SECONDS", "an e-mail older than this is not tried again"),
        Meaning("MAILER_CONCURRENCY", "the most SMTP sessions per process, each a connection kept open; fewer where the server takes fewer ([how](smtp-answers.md#a-server-that-takes-few-connections))"),
        Meaning("MAILER_PREFETCH", "messages per lane that RabbitMQ sends ahead; at least twice `MAILER_CONCURRENCY` by default"),
        Meaning("MAILER_HEALTH_HOST", "where `/healthz`, `/readyz`, `/metrics` listen"),
        Meaning("MAILER_HEALTH_PORT", "their port; 0: any free port (the log says which); with `--processes N` each process takes the next port"),
        Meaning("MAILER_DRAIN_SECONDS", "how long a stop waits for e-mails that are being sent"),
        Meaning("MAILER_PROBE_SECONDS", "first wait before an SMTP server that is down is probed again; doubles to 5 min. While the server asks to slow down, the mailer waits between two e-mails: a tenth of this value up to six times it, at most 30 s"),
        Meaning("FEEDBACK_ID", "5 to 15 letters and digits that name the sender in the header `Feedback-ID`, beside the e-mail's type: Gmail's Postmaster Tools count complaints by it", "no such header"),
        Meaning("DKIM_PRIVATE_KEY", "the mailer signs with this key, without password: RSA of at least 2,048 bits in PEM, or Ed25519 in PEM or base64; leave it out when the SMTP server signs", "no signature"),
        Meaning("DKIM_DOMAIN", "the signature's domain: that of the senders, or one above it", "required with a key"),
        Meaning("DKIM_SELECTOR", "the signature's selector", "required with a key"),
    )),
)  # fmt: skip

# Read where they are needed, by Postroom or by what it runs on, and not by the readers of settings.
ELSEWHERE = (
    Meaning("POD_NAME", "how a job's lock and history name this host; set it in a pod", "`HOSTNAME`"),
    Meaning("HOSTNAME", "the same", "the host's name"),
    Meaning("KUBERNETES_JOB_NAME", "set in the pods of CronJobs to the name of their Job, which has the due time ([scheduling](scheduling.md))"),
    Meaning("SYSTEMD_TIMER", "set in the units of jobs to the name of their timer, which knows the due time"),
    Meaning("TRIGGER_UNIT", "the same, set by systemd itself since version 252"),
    Meaning("NOTIFY_SOCKET", "set by systemd: where a part reports that it is ready and alive ([systemd](systemd.md))"),
    Meaning("OLD_DATABASE_URL", "where the imports find the old tables, also as `NAME_FILE`: [moving here](migrating.md)", "`DATABASE_URL`"),
    Meaning("WEB_CONCURRENCY", "gunicorn's: worker processes", "1"),
    Meaning("GUNICORN_CMD_ARGS", "gunicorn's: options, such as `--bind=0.0.0.0:8000`"),
    Meaning("OTEL_EXPORTER_OTLP_ENDPOINT", "where spans are sent; OpenTelemetry's other variables work too: [tracing](tracing.md)", "no spans"),
    Meaning("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the same, for spans alone"),
    Meaning("OTEL_SDK_DISABLED", "`true`: no spans"),
    Meaning("OTEL_SERVICE_NAME", "the service's name in spans", "`postroom-web`, `postroom-relay`, `postroom-mailer`"),
    Meaning("DJANGO_SETTINGS_MODULE", "a site's own settings, with `postroom` in `INSTALLED_APPS` ([your site](existing-site.md)); the default is the demo's site", "`postroom.web.site.settings`"),
)  # fmt: skip
