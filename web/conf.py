"""Postroom's own settings in a Django site: `from postroom.web.conf import conf`.

Each setting of docs/settings.md is looked up in `POSTROOM = {...}`, then among the site's Django
settings by its own name, then in the environment. Nothing is read before it is used, so that a site
that sets none of them needs none of them.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.signals import setting_changed
from django.dispatch import receiver

from postroom.shared import setting_values
from postroom.shared.branding import NAME, Brand, brand
from postroom.shared.env import Environment, SettingsError
from postroom.shared.recipient_rule import RecipientRule, recipient_rule
from postroom.shared.settings import (
    BrokerSettings,
    DeliverySettings,
    broker_settings,
    delivery_settings,
    language_code,
    max_rendered_bytes,
    template_folders,
)
from postroom.web.protection.proxies import Proxies, trusted_proxies
from postroom.web.settings_layers import SettingsLayers

_MEGABYTE: Final = 1024 * 1024


class SiteSettings:
    """The settings that web, relay and jobs read, each kept once it was read.

    Every attribute raises SettingsError, with the setting's name, when its value makes no sense.
    """

    def __init__(self, env: Environment | None = None) -> None:
        """`env`: where to read, instead of the site's settings and the environment."""
        self._env = env or Environment(SettingsLayers())

    def problems(self) -> Iterator[SettingsError]:
        """What is wrong with each setting that makes no sense."""
        for name, kind in vars(SiteSettings).items():
            if isinstance(kind, cached_property):
                try:
                    getattr(self, name)
                except SettingsError as error:
                    yield error

    def forget(self) -> None:
        """Read each setting again at its next use."""
        env = self._env
        vars(self).clear()
        self._env = env

    @cached_property
    def broker(self) -> BrokerSettings:
        """RABBITMQ_URL, or RABBITMQ_HOST and the other parts."""
        return broker_settings(self._env)

    @cached_property
    def delivery(self) -> DeliverySettings:
        """EMAIL_MAX_ATTEMPTS and the other limits of tries and times."""
        return delivery_settings(self._env)

    @cached_property
    def email_template_dirs(self) -> tuple[Path, ...]:
        """EMAIL_TEMPLATE_DIRS."""
        return tuple(template_folders(self._env))

    @property
    def template_dirs(self) -> tuple[Path, ...]:
        """EMAIL_TEMPLATE_DIRS, then the folder `postroom_templates` of each app that has one."""
        folders = (Path(app.path, "postroom_templates") for app in apps.get_app_configs())
        return (*self.email_template_dirs, *(folder for folder in folders if folder.is_dir()))

    @cached_property
    def rabbitmq_management_url(self) -> str:
        """For the console: the number of messages in the dead-letter queue. Empty: not shown."""
        example = "https://user:password@host:15671"
        return setting_values.url(self._env, "RABBITMQ_MANAGEMENT_URL", example, login=True)

    @cached_property
    def site_name(self) -> str:
        """The sender as people know it, in pages and e-mails."""
        return self._env.text("SITE_NAME", NAME)

    @cached_property
    def brand(self) -> Brand:
        """SITE_NAME and BRAND_COLOUR, BRAND_LOGO and their like: how letters look."""
        return brand(self._env)

    @cached_property
    def site_url(self) -> str:
        """What links in e-mails begin with. Empty: e-mails have no links."""
        return setting_values.url(self._env, "SITE_URL", "https://postroom.example.org")

    @cached_property
    def contact_email(self) -> str:
        """Whom people answer: Reply-To of e-mails that no person writes. Empty: nobody."""
        # A system check reports an invalid staff address; it must not keep other e-mails back.
        office = self._env.listing("STAFF_EMAILS")[:1]
        return setting_values.mailbox(self._env, "CONTACT_EMAIL") or "".join(office)

    @cached_property
    def api_requests_per_minute(self) -> int:
        """Requests per token; 0 means no limit."""
        return self._env.integer("API_REQUESTS_PER_MINUTE", 600)

    @cached_property
    def email_max_attachments(self) -> int:
        """Files of one e-mail."""
        return self._env.integer("EMAIL_MAX_ATTACHMENTS", 20)

    @cached_property
    def email_max_attachment_bytes(self) -> int:
        """Bytes of all files of one e-mail."""
        return self._env.integer("EMAIL_MAX_ATTACHMENT_BYTES", 25 * _MEGABYTE)

    @cached_property
    def email_max_body_bytes(self) -> int:
        """Bytes of each body that a call gives."""
        return self._env.integer("EMAIL_MAX_BODY_BYTES", 10 * _MEGABYTE, least=1)

    @cached_property
    def email_max_context_bytes(self) -> int:
        """Bytes of a context as JSON."""
        return self._env.integer("EMAIL_MAX_CONTEXT_BYTES", _MEGABYTE, least=1)

    @cached_property
    def email_max_rendered_bytes(self) -> int:
        """Bytes of each part of a rendered template."""
        return max_rendered_bytes(self._env)

    @cached_property
    def language_code(self) -> str:
        """The language of e-mails that are in no other; Django's own default does not count."""
        return language_code(self._env)

    @cached_property
    def email_max_recipients(self) -> int:
        """Addresses of one e-mail."""
        return self._env.integer("EMAIL_MAX_RECIPIENTS", 100, least=1)

    @cached_property
    def email_plain_orm(self) -> bool:
        """Rows are written by Django's plain ORM, as always on a database without PostgreSQL."""
        return self._env.boolean("EMAIL_PLAIN_ORM")

    @cached_property
    def send(self) -> str:
        """`queue`; `console` and `off` for a developer without broker: the rows are never sent."""
        return self._env.choice("SEND", "queue", ("queue", "console", "off"))

    @cached_property
    def recipient_rule(self) -> RecipientRule:
        """EMAIL_REDIRECT_ALL_TO and EMAIL_ALLOWED_DOMAINS, which the mailer applies."""
        return recipient_rule(self._env)

    @cached_property
    def metrics_token(self) -> str:
        """Without one only this machine may read /metrics."""
        return setting_values.token(self._env, "METRICS_TOKEN")

    @cached_property
    def runbooks_url(self) -> str:
        """Alerts link to their runbooks below this URL."""
        return setting_values.url(self._env, "RUNBOOKS_URL", "https://wiki.example.org/postroom")

    @cached_property
    def notices_per_item_hour(self) -> int:
        """E-mails about one item to one person within an hour; 0 means no limit."""
        return self._env.integer("NOTICES_PER_ITEM_HOUR", 10)

    @cached_property
    def notices_per_person_hour(self) -> int:
        """E-mails about changes to one person within an hour; 0 means no limit."""
        return self._env.integer("NOTICES_PER_PERSON_HOUR", 60)

    @cached_property
    def notices_digest_hour(self) -> int:
        """The hour of the day, in the reader's time zone, of the daily digest of notices."""
        return self._env.integer("NOTICES_DIGEST_HOUR", 7, most=23)

    @cached_property
    def notices_per_actor_hour(self) -> int:
        """E-mails that one person causes to one other within an hour; 0 means no limit."""
        return self._env.integer("NOTICES_PER_ACTOR_HOUR", 60)

    @cached_property
    def job_lease_seconds(self) -> float:
        """How long a lock lasts without renewal, and a job cannot run again after a crash."""
        return self._env.seconds("JOB_LEASE_SECONDS", 60.0, least=1, most=86400)

    @cached_property
    def jobs_at_once(self) -> int:
        """Jobs that one `run_jobs` has running at the same time; each is a process."""
        return self._env.integer("JOBS_AT_ONCE", 3, least=1)

    @cached_property
    def job_retries(self) -> int:
        """How often a run that died, or failed for a reason that may pass, is tried again."""
        return self._env.integer("JOB_RETRIES", 5, most=100)

    @cached_property
    def job_retry_seconds(self) -> float:
        """The wait before a run that failed is tried again; each next one is twice as long."""
        return self._env.seconds("JOB_RETRY_SECONDS", 10.0, most=86400)

    @cached_property
    def job_times(self) -> str:
        """Times that replace those of jobs; `web/jobs/timing/times.py` reads them."""
        return self._env.text("JOB_TIMES")

    @cached_property
    def job_webhook_url(self) -> str:
        """Where the outcomes of jobs are sent. Empty: nowhere."""
        return setting_values.webhook(self._env, "JOB_WEBHOOK_URL")

    @cached_property
    def job_webhook_events(self) -> str:
        """`trouble`: only outcomes that need a person; `all`: every run that ended."""
        return self._env.choice("JOB_WEBHOOK_EVENTS", "trouble", ("trouble", "all"))

    @cached_property
    def job_webhook_format(self) -> str:
        """`text`, or `card` for Teams' workflows."""
        return self._env.choice("JOB_WEBHOOK_FORMAT", "text", ("text", "card"))

    @cached_property
    def trusted_proxies(self) -> Proxies:
        """The proxies that are believed about a client's address."""
        try:
            return trusted_proxies(self._env.text("TRUSTED_PROXIES", "0"))
        except ValueError as error:
            raise SettingsError(f"TRUSTED_PROXIES: {error}") from error

    @cached_property
    def trusted_proxies_header(self) -> str:
        """The header in which they report it, in lower case. Empty: whichever there is."""
        header = self._env.text("TRUSTED_PROXIES_HEADER")
        if header.lower() not in ("", "forwarded", "x-forwarded-for"):
            raise SettingsError(
                f"TRUSTED_PROXIES_HEADER={header!r} is neither X-Forwarded-For nor Forwarded"
            )
        return header.lower()

    @cached_property
    def login_failures(self) -> int:
        """Wrong passwords within an hour; 0 means no limit."""
        return self._env.integer("LOGIN_FAILURES", 10)

    @cached_property
    def request_max_bytes(self) -> int:
        """Bytes that are read of a request."""
        return self._env.integer("REQUEST_MAX_BYTES", _MEGABYTE, least=1024)


conf: Final = SiteSettings()


@receiver(setting_changed)
def _forget(**_: Any) -> None:
    conf.forget()
