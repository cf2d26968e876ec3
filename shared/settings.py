"""The settings both services read, as frozen values. The whole list: docs/settings.md."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from shared.env import Environment, SettingsError
from shared.status import OnUnknown


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How to reach RabbitMQ. `verify_topology`: only check queues, never declare them.

    `heartbeat` (seconds): a broker that is silent for longer counts as gone.
    """

    url: str = field(repr=False)
    ca_file: str = ""
    verify_topology: bool = False
    heartbeat: int = 15


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """When an e-mail is tried again, given up, and taken from a mailer that died (seconds)."""

    max_attempts: int = 8
    max_age: float = 3 * 86400.0
    retry_base: float = 30.0
    retry_max: float = 6 * 3600.0
    lease: float = 60.0
    on_unknown: OnUnknown = OnUnknown.RESEND
    lost_after: float = 30.0


def broker_settings(env: Environment) -> BrokerSettings:
    """`RABBITMQ_URL`, or the five parts of it.

    Raises:
        SettingsError: naming the variable.
    """
    url = env.text("RABBITMQ_URL")
    if not url:
        user = quote(env.text("RABBITMQ_USER", "guest"), safe="")
        password = quote(env.text("RABBITMQ_PASSWORD", "guest"), safe="")
        host = env.text("RABBITMQ_HOST", "localhost")
        port = env.integer("RABBITMQ_PORT", 5672, least=1, most=65535)
        vhost = quote(env.text("RABBITMQ_VHOST", "/"), safe="")
        url = f"amqp://{user}:{password}@{host}:{port}/{vhost}"
    elif not url.startswith(("amqp://", "amqps://")):
        raise SettingsError("RABBITMQ_URL is no URL like amqps://user:password@host:5671/vhost")
    return BrokerSettings(
        url=url,
        ca_file=env.text("RABBITMQ_CA_FILE"),
        verify_topology=env.choice("RABBITMQ_TOPOLOGY", "declare", ("declare", "verify"))
        == "verify",
        # 0 would switch heartbeats off, and a broker gone without a word would never be noticed.
        heartbeat=env.integer("RABBITMQ_HEARTBEAT_SECONDS", 15, least=1, most=600),
    )


def delivery_settings(env: Environment) -> DeliverySettings:
    """The `EMAIL_*` limits of retries, leases and unknown outcomes.

    Raises:
        SettingsError: naming the variable.
    """
    return DeliverySettings(
        max_attempts=env.integer("EMAIL_MAX_ATTEMPTS", 8, least=1, most=1000),
        max_age=env.seconds("EMAIL_MAX_AGE_SECONDS", 3 * 86400.0, least=1),
        retry_base=env.seconds("EMAIL_RETRY_BASE_SECONDS", 30.0),
        retry_max=env.seconds("EMAIL_RETRY_MAX_SECONDS", 6 * 3600.0),
        lease=env.seconds("EMAIL_LEASE_SECONDS", 60.0, least=1),
        on_unknown=OnUnknown(
            env.choice("EMAIL_ON_UNKNOWN", "resend", [o.value for o in OnUnknown])
        ),
        lost_after=env.seconds("EMAIL_LOST_AFTER_SECONDS", 30.0, least=1),
    )


def template_folders(env: Environment) -> list[Path]:
    """A site's own template folders, searched before ours."""
    return [Path(part) for part in env.listing("EMAIL_TEMPLATE_DIRS")]


def log_level(env: Environment) -> str:
    """`LOG_LEVEL`: the least that is logged."""
    return env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
