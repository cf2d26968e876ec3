"""Settings of a mailer, read once from the environment at start."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from postroom.mailer.outcomes.retry_policy import RetrySettings
from postroom.mailer.smtp.ehlo_name import checked_name, own_domain
from postroom.mailer.smtp.session import SmtpSettings
from postroom.shared import setting_values
from postroom.shared.branding import Brand, brand
from postroom.shared.database_url import read_database_url
from postroom.shared.env import Environment, SettingsError
from postroom.shared.recipient_rule import RecipientRule, recipient_rule
from postroom.shared.settings import (
    BrokerSettings,
    DeliverySettings,
    broker_settings,
    delivery_settings,
    feedback_id,
    language_code,
    log_level,
    max_rendered_bytes,
    template_folders,
)

if TYPE_CHECKING:
    from postroom.mailer.message.dkim_signing import DkimSigner


@dataclass(frozen=True, slots=True)
class MailerSettings:
    """All settings of a mailer; times in seconds.

    `default_from` is the usual sender of e-mails, which only `check` needs; empty if unknown.
    """

    database_url: str = field(repr=False)
    prepared_statements: bool
    broker: BrokerSettings
    delivery: DeliverySettings
    smtp: SmtpSettings
    template_dirs: tuple[Path, ...]
    max_rendered_bytes: int
    language: str
    brand: Brand
    feedback_id: str
    concurrency: int
    prefetch: int
    health_host: str
    health_port: int
    drain: float
    probe_delay: float
    log_level: str
    default_from: str = ""
    dkim: "DkimSigner | None" = None
    recipient_rule: RecipientRule = field(default_factory=RecipientRule)

    @property
    def retry(self) -> RetrySettings:
        """The part the retry policy reads."""
        return RetrySettings(
            base_seconds=self.delivery.retry_base,
            max_seconds=self.delivery.retry_max,
            max_age_seconds=self.delivery.max_age,
        )


def read_settings(env: Environment) -> MailerSettings:
    """All settings of the mailer.

    Raises:
        SettingsError: a value is missing or makes no sense; names the variable.
    """
    concurrency = env.integer("MAILER_CONCURRENCY", 32, least=1, most=500)
    return MailerSettings(
        database_url=make_conninfo(**read_database_url(env)),
        prepared_statements=env.boolean("DATABASE_PREPARED_STATEMENTS", True),
        broker=broker_settings(env),
        delivery=delivery_settings(env),
        smtp=_smtp_settings(env),
        template_dirs=tuple(template_folders(env)),
        max_rendered_bytes=max_rendered_bytes(env),
        language=language_code(env),
        brand=brand(env),
        feedback_id=feedback_id(env),
        concurrency=concurrency,
        prefetch=env.integer("MAILER_PREFETCH", max(200, concurrency * 2), least=1, most=5000),
        health_host=setting_values.host(env, "MAILER_HEALTH_HOST", "127.0.0.1"),
        health_port=env.integer("MAILER_HEALTH_PORT", 0, most=65535),
        drain=env.seconds("MAILER_DRAIN_SECONDS", 20.0, most=86400),
        probe_delay=env.seconds("MAILER_PROBE_SECONDS", 5.0, least=0.05, most=300),
        log_level=log_level(env),
        default_from=env.text("DEFAULT_FROM_EMAIL"),
        dkim=_dkim(env),
        recipient_rule=recipient_rule(env),
    )


def _smtp_settings(env: Environment) -> SmtpSettings:
    use_tls, use_ssl = env.boolean("EMAIL_USE_TLS"), env.boolean("EMAIL_USE_SSL")
    if use_tls and use_ssl:
        raise SettingsError(
            "EMAIL_USE_TLS (STARTTLS, port 587) and EMAIL_USE_SSL (TLS at once, port 465) exclude "
            "each other; set one"
        )
    return SmtpSettings(
        host=setting_values.host(env, "EMAIL_HOST", "localhost"),
        port=env.integer("EMAIL_PORT", 465 if use_ssl else 25, least=1, most=65535),
        username=env.text("EMAIL_HOST_USER"),
        password=env.text("EMAIL_HOST_PASSWORD", blanks=True),
        use_tls=use_tls,
        use_ssl=use_ssl,
        timeout=env.seconds("EMAIL_TIMEOUT", 30.0, least=0.1, most=3600),
        final_timeout=env.seconds("EMAIL_FINAL_TIMEOUT", 600.0, least=0.1, most=86400),
        ehlo_name=_ehlo_name(env),
        ca_file=setting_values.file(env, "EMAIL_CA_FILE"),
        chunking=env.boolean("EMAIL_CHUNKING", True),
    )


def _ehlo_name(env: Environment) -> str:
    given = env.text("EMAIL_EHLO_NAME")
    try:
        return checked_name(given) if given else own_domain()
    except ValueError as error:
        raise SettingsError(f"EMAIL_EHLO_NAME={given!r} {error}") from None


def _dkim(env: Environment) -> "DkimSigner | None":
    key = env.text("DKIM_PRIVATE_KEY", lines=True)
    if not key:
        return None
    from postroom.mailer.message.dkim_signing import (
        DkimSigner,
    )  # takes memory; few use it

    try:
        return DkimSigner(
            domain=env.required("DKIM_DOMAIN", "example.org"),
            selector=env.required("DKIM_SELECTOR", "mail"),
            private_key=key.encode(),
        )
    except ValueError as error:
        raise SettingsError(f"DKIM_PRIVATE_KEY, DKIM_DOMAIN, DKIM_SELECTOR: {error}") from error
