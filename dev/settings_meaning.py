"""What each setting means, in the order of docs/settings.md; the rest comes from the code.

For a new setting add a line here and run `python -m dev.settings_reference`, which writes the page.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One setting. `unset`: the default to show where the code's is empty; `unit`: of a number."""

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
        Meaning("DATABASE_URL", "PostgreSQL: `postgresql://user:password@host:port/database?sslmode=verify-full`"),
        Meaning("DATABASE_PREPARED_STATEMENTS", "set it to no behind a pooler that does not support prepared statements (PgBouncer before 1.21 in transaction mode)"),
        Meaning("RABBITMQ_URL", "`amqp://user:password@host:port/vhost`; `amqps://` verifies certificate and name; separate the nodes of a cluster by commas: `@host1:5671,host2:5671/vhost`", "the five that follow"),
        Meaning("RABBITMQ_HOST", "host, when there is no `RABBITMQ_URL`; separate several by commas, each with its own `:port` if necessary"),
        Meaning("RABBITMQ_PORT", "port, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_USER", "user, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_PASSWORD", "password, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_VHOST", "virtual host, when there is no `RABBITMQ_URL`"),
        Meaning("RABBITMQ_CA_FILE", "certificate authorities for `amqps://`", "the system's"),
        Meaning("RABBITMQ_TOPOLOGY", "`verify`: only check that the queues exist (least privilege)"),
        Meaning("RABBITMQ_HEARTBEAT_SECONDS", "after this silence, and some seconds more, RabbitMQ counts as unreachable and the process connects again", unit="seconds"),
        Meaning("EMAIL_TEMPLATE_DIRS", "a site's own template folders, searched first; `*` matches any name"),
        Meaning("EMAIL_LEASE_SECONDS", "how long a claim holds without renewal"),
        Meaning("EMAIL_ON_UNKNOWN", "what to do with an e-mail whose outcome is unknown, when the e-mail does not set it ([delivery contract](delivery-contract.md))"),
        Meaning("LOG_LEVEL", "the lowest level that is logged"),
    )),
    Group("Web, relay and jobs", _WEB, (
        Meaning("SECRET_KEY", "Django's", "required unless `DEBUG`"),
        Meaning("SECRET_KEY_FALLBACKS", "earlier keys: sessions and links in old e-mails that they signed stay valid"),
        Meaning("ALLOWED_HOSTS", "the site's host names"),
        Meaning("CSRF_TRUSTED_ORIGINS", "Django's, as `https://postroom.example.org`"),
        Meaning("DEBUG", "for development only: shows errors with their values to every visitor; refused with a public name in `ALLOWED_HOSTS`"),
        Meaning("HTTPS_ONLY", "behind a TLS proxy: secure cookies, redirect (not of `/healthz`, `/readyz`, `/metrics`), HSTS"),
        Meaning("HTTPS_PROXY_HEADER", "with `HTTPS_ONLY`: the header in which the proxy sends `https`; the proxy must set or remove it in every request. `none`: this server itself uses TLS"),
        Meaning("HSTS_SECONDS", "with `HTTPS_ONLY`: how long browsers require TLS", unit="seconds"),
        Meaning("HSTS_SUBDOMAINS", "with `HTTPS_ONLY`: applies to all subdomains"),
        Meaning("HSTS_PRELOAD", "with `HTTPS_ONLY`: allows browsers to include the domain in their preload lists"),
        Meaning("SITE_NAME", "the site's name in e-mails and pages"),
        Meaning("SITE_URL", "the start of links in e-mails, `https://postroom.example.org`", "no links, and reports are not sent"),
        Meaning("API_REQUESTS_PER_MINUTE", "API requests per user, counted by each web process; 0: no limit"),
        Meaning("DEFAULT_FROM_EMAIL", "the sender of e-mails without a `from_email`"),
        Meaning("STAFF_EMAILS", "addresses that get the notices of the forms"),
        Meaning("EMAIL_MAX_ATTEMPTS", "attempts per e-mail"),
        Meaning("EMAIL_MAX_RECIPIENTS", "addresses per e-mail"),
        Meaning("EMAIL_MAX_ATTACHMENTS", "files per e-mail"),
        Meaning("EMAIL_MAX_ATTACHMENT_BYTES", "size of all files of an e-mail", unit="bytes"),
        Meaning("EMAIL_LOST_AFTER_SECONDS", "an e-mail published this long ago and still pending, with an empty lane, is published again"),
        Meaning("JOB_LEASE_SECONDS", "how long a job's lock holds without renewal ([scheduling](scheduling.md))"),
        Meaning("RABBITMQ_MANAGEMENT_URL", "`https://user:password@host:15671`, RabbitMQ's management API: the dashboard then shows the number of messages in the dead-letter queue; a user with the tag `monitoring` is enough"),
        Meaning("METRICS_TOKEN", "clients that send it may read `/metrics` of web", "this machine only"),
    )),
    Group("The forms (web)", _WEB, (
        Meaning("TRUSTED_PROXIES", "how many proxies in front are trusted to report the client's address"),
        Meaning("SUBMISSIONS_PER_ADDRESS_HOUR", "submissions per hour with one e-mail address to one form; 0: no limit"),
        Meaning("SUBMISSIONS_PER_IP_HOUR", "submissions per hour from one IP address to all forms together; 0: no limit"),
        Meaning("SUBMISSION_MAX_FILE_BYTES", "largest PDF of a speaker", unit="bytes"),
        Meaning("SUBMISSION_EVENTS", "events that visitors can register for"),
    )),
    Group("Mailer", _MAILER, (
        Meaning("EMAIL_HOST", "the SMTP server"),
        Meaning("EMAIL_PORT", "its port; 465 is the default with `EMAIL_USE_SSL`"),
        Meaning("EMAIL_HOST_USER", "login", "no login"),
        Meaning("EMAIL_HOST_PASSWORD", "password; never sent in clear text except to this machine"),
        Meaning("EMAIL_USE_TLS", "demand STARTTLS with a valid certificate"),
        Meaning("EMAIL_USE_SSL", "TLS from the first byte"),
        Meaning("EMAIL_CA_FILE", "certificate authorities for the SMTP server", "the system's"),
        Meaning("EMAIL_EHLO_NAME", "the name sent in EHLO", "the host's name"),
        Meaning("EMAIL_TIMEOUT", "for connecting and for each command"),
        Meaning("EMAIL_FINAL_TIMEOUT", "for the reply to the final dot; after it the outcome is unknown"),
        Meaning("EMAIL_CHUNKING", "send a `resend` e-mail in one write where the server offers CHUNKING (RFC 3030); [when and why](decisions/0010-a-mail-in-one-write.md)"),
        Meaning("EMAIL_RETRY_BASE_SECONDS", "longest first wait before another attempt; each is up to four times the last, with full jitter"),
        Meaning("EMAIL_RETRY_MAX_SECONDS", "longest wait before another attempt"),
        Meaning("EMAIL_MAX_AGE_SECONDS", "an older e-mail is not tried again"),
        Meaning("MAILER_CONCURRENCY", "SMTP sessions per process, each with a connection kept open"),
        Meaning("MAILER_PREFETCH", "messages per lane that RabbitMQ sends in advance; at least twice `MAILER_CONCURRENCY` by default"),
        Meaning("MAILER_HEALTH_HOST", "the address of `/healthz`, `/readyz`, `/metrics`"),
        Meaning("MAILER_HEALTH_PORT", "their port; 0: any free port (the log says which); with `--processes N` each process takes the next port"),
        Meaning("MAILER_DRAIN_SECONDS", "how long a stop waits for e-mails that are being sent"),
        Meaning("MAILER_PROBE_SECONDS", "first wait before another try to reach an SMTP server that is down; doubles to 5 min. While the server asks to slow down, the mailer waits a tenth of it up to six times it, at most 30 s, between two e-mails"),
        Meaning("DKIM_PRIVATE_KEY", "sign here; leave out when the SMTP server signs", "no signature"),
        Meaning("DKIM_DOMAIN", "the signature's domain", "required with a key"),
        Meaning("DKIM_SELECTOR", "the signature's selector", "required with a key"),
    )),
)  # fmt: skip

# Read where they are needed, by Postroom or by what it runs on, not by the readers of settings.
ELSEWHERE = (
    Meaning("POD_NAME", "how a job's lock and history name this host; set it in a pod", "`HOSTNAME`"),
    Meaning("HOSTNAME", "the same", "the host's name"),
    Meaning("NOTIFY_SOCKET", "set by systemd: the socket for `READY=1` and `WATCHDOG=1` ([systemd](systemd.md))"),
    Meaning("OLD_DATABASE_URL", "where the imports find the old tables, also as `NAME_FILE`: [moving here](migrating.md)", "`DATABASE_URL`"),
    Meaning("WEB_CONCURRENCY", "gunicorn's: worker processes", "1"),
    Meaning("GUNICORN_CMD_ARGS", "gunicorn's: options, such as `--bind=0.0.0.0:8000`"),
    Meaning("OTEL_EXPORTER_OTLP_ENDPOINT", "where spans go; OpenTelemetry's other variables also apply: [tracing](tracing.md)", "no spans"),
    Meaning("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the same, for spans alone"),
    Meaning("OTEL_SDK_DISABLED", "`true`: no spans"),
    Meaning("OTEL_SERVICE_NAME", "the service's name in spans", "`postroom-web`, `postroom-relay`, `postroom-mailer`"),
    Meaning("DJANGO_SETTINGS_MODULE", "a site's own settings, which begin with `from postroom.web.site.settings import *` ([tutorial](tutorial.md))", "`postroom.web.site.settings`"),
)  # fmt: skip
