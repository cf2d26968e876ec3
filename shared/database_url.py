"""Reads `DATABASE_URL`: a URL or libpq's `key=value` text, of one host or several.

Parsed by libpq itself, and checked before the first connection, whose errors would repeat parts of
the value, such as a password with an unquoted `@`.
"""

from collections.abc import Mapping
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from postroom.shared.env import Environment, SettingsError
from postroom.shared.setting_values import is_address, is_host

EXAMPLE: Final = "postgresql://user:password@host/postroom"
_DATABASE: Final = "postroom"
_CHOICES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        "any", "read-write", "read-only", "primary", "standby", "prefer-standby",
    ),
    "load_balance_hosts": ("disable", "random"),
    "gssencmode": ("disable", "prefer", "require"),
    "channel_binding": ("disable", "prefer", "require"),
}  # fmt: skip
_NUMBERS: Final = (
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout",
)  # fmt: skip
# What our statements read depends on these forms, whatever a database or role has as its own.
_FORMS: Final = "-c datestyle=ISO -c intervalstyle=postgres"


def read_database_url(env: Environment, name: str = "DATABASE_URL") -> dict[str, str]:
    """libpq's parameters; without a database's name, `postroom`.

    Raises:
        SettingsError: not set, or no connection could be made with it; never shows the value.
    """
    found = parse(env.required(name, EXAMPLE), name)
    if "service" not in found:
        found.setdefault("dbname", _DATABASE)
    return found


def parse(text: str, name: str) -> dict[str, str]:
    """libpq's parameters of `text`, the value of the setting `name`.

    Raises:
        SettingsError: libpq cannot parse it, or a parameter makes no sense.
    """
    try:
        found = {key: str(value) for key, value in conninfo_to_dict(text).items()}
    except psycopg.Error:  # whose text would show the password
        raise SettingsError(f"{name} is not a PostgreSQL URL like {EXAMPLE}") from None
    if problem := _problem(found):
        raise SettingsError(f"{name}: {problem}")
    return found


def _problem(parts: Mapping[str, str]) -> str:
    hosts, ports = parts.get("host", "").split(","), parts.get("port", "").split(",")
    addresses = parts.get("hostaddr", "").split(",")
    if not all(host == "" or host[0] in "/@" or is_host(host) for host in hosts):
        # A password with an @ ends up here.
        return (
            "a host is not valid (write the signs @ : / ? # of a password as %40 %3A %2F %3F %23)"
        )
    if not all(address == "" or is_address(address) for address in addresses):
        return "hostaddr is not an IP address"
    if not all(port == "" or (_is_number(port) and 0 < int(port) < 65536) for port in ports):
        return "a port is not a number from 1 to 65535"
    if len(ports) > 1 and len(ports) != max(len(hosts), len(addresses)):
        return "give one port, or as many as hosts"
    for key, allowed in _CHOICES.items():
        if parts.get(key, allowed[0]) not in allowed:
            return f"{key} must be one of {', '.join(allowed)}"
    for key in _NUMBERS:
        if not _is_number(parts.get(key, "0")):
            return f"{key} is not a whole number"
    return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def with_options(ours: str, theirs: str = "") -> str:
    """The `options` of a connection: ours, then those of the URL, then the forms we rely on.

    PostgreSQL takes the last of two values of one name, so a URL may change a time limit by name.
    """
    return " ".join(filter(None, (ours, theirs.strip(), _FORMS)))


def place(parts: Mapping[str, str]) -> str:
    """Where the database is, for people: `host:5432/postroom`; without user and password."""
    hosts = (parts.get("host") or parts.get("hostaddr") or "").split(",")
    ports = parts.get("port", "").split(",")
    if len(ports) < len(hosts):
        ports = ports[:1] * len(hosts)
    named = (
        f"{host or 'local socket'}:{port or 'default port'}"
        for host, port in zip(hosts, ports, strict=False)
    )
    return f"{' or '.join(named)}/{parts.get('dbname', '')}"
