"""The settings both services read, as frozen values. The whole list: docs/settings.md."""

import re
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from postroom.shared.env import Environment, SettingsError
from postroom.shared.status import OnUnknown

# Scheme and login, hosts, and the rest of a broker's URL.
_URL: Final = re.compile(r"(amqps?://(?:[^/?#]*@)?)([^/?#@]*)(.*)")


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """How to reach RabbitMQ. `verify_topology`: only check queues, never declare them.

    `url` may name several hosts, separated by commas as in PostgreSQL's URLs: the nodes of a
    cluster. `heartbeat` (seconds): a broker that is silent for longer counts as unreachable.
    `cert_file` and `key_file`, in PEM: what we show to a broker that verifies its clients.
    """

    url: str = field(repr=False)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify_topology: bool = False
    heartbeat: int = 15

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL for each host of `url`."""
        parts = _URL.fullmatch(self.url)
        if parts is None:
            return (self.url,)
        start, hosts, rest = parts.groups()
        return tuple(f"{start}{host.strip()}{rest}" for host in hosts.split(","))


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """When an e-mail is retried, given up, and taken back from a dead mailer (seconds)."""

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
    if url := env.text("RABBITMQ_URL"):
        variable, example = "RABBITMQ_URL", "amqps://user:password@host:5671/vhost"
    else:
        variable, example = "RABBITMQ_HOST", "rabbit1,rabbit2:5673"
        url = _url_of_parts(env)
    settings = BrokerSettings(
        url=url,
        ca_file=env.text("RABBITMQ_CA_FILE"),
        cert_file=env.text("RABBITMQ_CERT_FILE"),
        key_file=env.text("RABBITMQ_KEY_FILE"),
        verify_topology=env.choice("RABBITMQ_TOPOLOGY", "declare", ("declare", "verify"))
        == "verify",
        # 0 would switch heartbeats off: nothing would notice a broker that vanished silently.
        heartbeat=env.integer("RABBITMQ_HEARTBEAT_SECONDS", 15, least=1, most=600),
    )
    if settings.key_file and not settings.cert_file:
        raise SettingsError(
            "RABBITMQ_KEY_FILE is set without RABBITMQ_CERT_FILE, the certificate it belongs to"
        )
    if not all(map(_names_a_host, settings.urls)):
        # Without its value, which may hold the password.
        raise SettingsError(f"{variable} is not like {example} (separate several hosts by commas)")
    return settings


def _url_of_parts(env: Environment) -> str:
    user = quote(env.text("RABBITMQ_USER", "guest"), safe="")
    password = quote(env.text("RABBITMQ_PASSWORD", "guest"), safe="")
    port = env.integer("RABBITMQ_PORT", 5672, least=1, most=65535)
    vhost = quote(env.text("RABBITMQ_VHOST", "/"), safe="")
    # A host may have its own port; the colons of an IPv6 address are in brackets.
    hosts = (
        host if ":" in host.rpartition("]")[2] else f"{host}:{port}"
        for host in env.text("RABBITMQ_HOST", "localhost").split(",")
    )
    return f"amqp://{user}:{password}@{','.join(hosts)}/{vhost}"


def _names_a_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"amqp", "amqps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


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
    """Folders of e-mail templates, searched before ours.

    A part with `*` means every folder that matches: `/srv/shop/*/email_templates`.
    """
    return [
        Path(folder)
        for part in env.listing("EMAIL_TEMPLATE_DIRS")
        for folder in (sorted(glob(part)) if "*" in part else [part])  # noqa: PTH207
    ]


def max_rendered_bytes(env: Environment) -> int:
    """`EMAIL_MAX_RENDERED_BYTES`: what one part of a rendered template may take in UTF-8."""
    return env.integer("EMAIL_MAX_RENDERED_BYTES", 10 * 1024 * 1024, least=1)


def log_level(env: Environment) -> str:
    """`LOG_LEVEL`: the lowest level that is logged."""
    return env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
