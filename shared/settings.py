"""The settings both services read, as frozen values. The whole list: docs/settings.md."""

import os
import re
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from postroom.shared import setting_values
from postroom.shared.env import Environment, SettingsError, shown
from postroom.shared.rendering import languages
from postroom.shared.status import OnUnknown

# Scheme and login, hosts, and the rest of a broker's URL.
_URL: Final = re.compile(r"(amqps?://(?:[^/?#]*@)?)([^/?#@]*)(.*)")
_MONTH: Final = 30 * 86400.0
# Parameters of a broker's URL that pika takes: the least and the largest value, which is a whole
# number where these are (pika.connection.Parameters, AMQP 0-9-1 section 4.9).
_PARAMETERS: Final[dict[str, tuple[float, float]]] = {
    "blocked_connection_timeout": (0.0, 1e9),
    "channel_max": (1, 65_535),
    "connection_attempts": (1, 1_000),
    "frame_max": (8_192, 131_072),
    "heartbeat": (0, 65_535),
    "retry_delay": (0.0, 1e9),
    "socket_timeout": (0.001, 1e9),
    "stack_timeout": (0.001, 1e9),
}


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
    if url := env.text("RABBITMQ_URL").strip():
        variable, example = "RABBITMQ_URL", "amqps://user:password@host:5671/vhost"
        url = _with_plain_vhost(url)
    else:
        variable, example = "RABBITMQ_HOST", "rabbit1,rabbit2:5673"
        url = _url_of_parts(env)
    settings = BrokerSettings(
        url=url,
        ca_file=setting_values.file(env, "RABBITMQ_CA_FILE"),
        cert_file=setting_values.file(env, "RABBITMQ_CERT_FILE"),
        key_file=setting_values.file(env, "RABBITMQ_KEY_FILE"),
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
    _check_parameters(url)
    return settings


def _with_plain_vhost(url: str) -> str:
    """The URL with the slashes of a virtual host as `%2F`: `//` means `/`, as in Celery."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return url
    start, hosts, rest = parts.groups()
    path, mark, query = rest.partition("?")
    if path.count("/") > 1:
        path = f"/{quote(unquote(path[1:]), safe='')}"
    return f"{start}{hosts}{path}{mark}{query}"


def _check_parameters(url: str) -> None:
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name not in _PARAMETERS:
            raise SettingsError(
                f"RABBITMQ_URL has a parameter {shown(name)}; possible are "
                f"{', '.join(sorted(_PARAMETERS))}"
            )
        least, most = _PARAMETERS[name]
        whole = isinstance(least, int)
        form = r"[0-9]{1,9}" if whole else r"[0-9]{1,9}(\.[0-9]{1,9})?"
        if not (re.fullmatch(form, value) and least <= float(value) <= most):
            kind = "whole number" if whole else "number"
            raise SettingsError(
                f"RABBITMQ_URL: its parameter {name} is not a {kind} from {least:g} to {most:g}"
            )


def _url_of_parts(env: Environment) -> str:
    user = quote(env.text("RABBITMQ_USER", "guest"), safe="")
    password = quote(env.text("RABBITMQ_PASSWORD", "guest", blanks=True), safe="")
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
        port = parts.port
    except ValueError:
        return False
    # An unquoted / or # in a password would end up in path or fragment.
    plain = not parts.fragment and "@" not in parts.path and url.isprintable()
    known = parts.scheme in {"amqp", "amqps"} and setting_values.is_host(parts.hostname or "")
    return known and port != 0 and not parts.netloc.endswith(":") and plain


def delivery_settings(env: Environment) -> DeliverySettings:
    """The `EMAIL_*` limits of retries, leases and unknown outcomes.

    Raises:
        SettingsError: naming the variable.
    """
    longest = env.seconds("EMAIL_RETRY_MAX_SECONDS", 6 * 3600.0, most=_MONTH)
    base = env.seconds("EMAIL_RETRY_BASE_SECONDS", min(30.0, longest), most=_MONTH)
    if base > longest:
        raise SettingsError(
            f"EMAIL_RETRY_BASE_SECONDS={base:g} is longer than EMAIL_RETRY_MAX_SECONDS={longest:g}"
        )
    return DeliverySettings(
        max_attempts=env.integer("EMAIL_MAX_ATTEMPTS", 8, least=1, most=1000),
        max_age=env.seconds("EMAIL_MAX_AGE_SECONDS", 3 * 86400.0, least=1),
        retry_base=base,
        retry_max=longest,
        lease=env.seconds("EMAIL_LEASE_SECONDS", 60.0, least=1, most=3600),
        on_unknown=OnUnknown(
            env.choice("EMAIL_ON_UNKNOWN", "resend", [o.value for o in OnUnknown])
        ),
        lost_after=env.seconds("EMAIL_LOST_AFTER_SECONDS", 30.0, least=1, most=86400),
    )


def template_folders(env: Environment) -> list[Path]:
    """Folders of e-mail templates, searched before ours.

    A part with `*` means every folder that matches: `/srv/shop/*/postroom_templates`.

    Raises:
        SettingsError: `EMAIL_TEMPLATE_DIRS` names a folder that does not exist or cannot be read.
    """
    folders: list[Path] = []
    for part in env.listing("EMAIL_TEMPLATE_DIRS"):
        found = sorted(filter(os.path.isdir, glob(part) if "*" in part else [part]))  # noqa: PTH207
        if not found:
            what = "matches no folder" if "*" in part else "is not a folder"
            raise SettingsError(f"EMAIL_TEMPLATE_DIRS: {shown(part)} {what}")
        for folder in found:
            if not os.access(folder, os.R_OK | os.X_OK):
                raise SettingsError(f"EMAIL_TEMPLATE_DIRS: {shown(folder)} cannot be read")
        folders += map(Path, found)
    return folders


def language_code(env: Environment) -> str:
    """`LANGUAGE_CODE`: the site's language, as `de` or `pt-BR`.

    Raises:
        SettingsError: it is not a language tag.
    """
    value = env.text("LANGUAGE_CODE", languages.PLAIN).strip().replace("_", "-")
    if not languages.is_tag(value):
        raise SettingsError(f"LANGUAGE_CODE={shown(value)} is not a language such as de or pt-BR")
    return languages.tag(value)


def feedback_id(env: Environment) -> str:
    """`FEEDBACK_ID`: the sender in the header `Feedback-ID`; empty: no such header.

    Raises:
        SettingsError: it does not have the form that Gmail wants.
    """
    value = env.text("FEEDBACK_ID").strip()
    if value and not re.fullmatch(r"[A-Za-z0-9._-]{5,15}", value):
        raise SettingsError(
            f"FEEDBACK_ID={shown(value)} must be 5 to 15 letters, digits, dots or hyphens"
        )
    return value


def max_rendered_bytes(env: Environment) -> int:
    """`EMAIL_MAX_RENDERED_BYTES`: what one part of a rendered template may take in UTF-8."""
    return env.integer("EMAIL_MAX_RENDERED_BYTES", 10 * 1024 * 1024, least=1)


def log_level(env: Environment) -> str:
    """`LOG_LEVEL`: the lowest level that is logged."""
    return env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
