"""Derives Django's security settings from the site's host names and its TLS proxy."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from postroom.shared.env import Environment, SettingsError

_YEAR: Final = 31_536_000


@dataclass(frozen=True, slots=True)
class Https:
    """`only`: TLS only. `proxy_header`: Django's pair, or None to trust no proxy."""

    only: bool
    proxy_header: tuple[str, str] | None
    hsts_seconds: int
    hsts_subdomains: bool
    hsts_preload: bool


def https_settings(env: Environment) -> Https:
    """Read `HTTPS_ONLY` and the variables that belong to it.

    Raises:
        SettingsError: a value is invalid; the message names the variable.
    """
    if not env.boolean("HTTPS_ONLY"):
        return Https(False, None, 0, False, False)
    header = env.text("HTTPS_PROXY_HEADER", "X-Forwarded-Proto")
    if not header.replace("-", "").isalnum() or not header.isascii():
        raise SettingsError(
            f"HTTPS_PROXY_HEADER={header!r} is not a header name such as X-Forwarded-Proto "
            "(none: this server speaks TLS itself)"
        )
    seconds = env.integer("HSTS_SECONDS", _YEAR)
    subdomains, preload = env.boolean("HSTS_SUBDOMAINS"), env.boolean("HSTS_PRELOAD")
    if preload and (not subdomains or seconds < _YEAR):
        raise SettingsError(
            f"HSTS_PRELOAD needs HSTS_SUBDOMAINS=1 and HSTS_SECONDS={_YEAR} or more: browsers "
            "require that for their preload lists"
        )
    name = f"HTTP_{header.upper().replace('-', '_')}"
    return Https(
        only=True,
        proxy_header=None if header.lower() == "none" else (name, "https"),
        hsts_seconds=seconds,
        hsts_subdomains=subdomains,
        hsts_preload=preload,
    )


def public_hosts(hosts: Sequence[str]) -> list[str]:
    """Those that are known outside this machine and its own network."""
    return [host for host in hosts if not _is_private(host)]


def check_debug(debug: bool, hosts: Sequence[str]) -> None:
    """Refuse debug pages, which show settings and data, on a public site.

    Raises:
        SettingsError: the message names `DEBUG` and the host.
    """
    if debug and (public := public_hosts(hosts)):
        raise SettingsError(
            f"DEBUG is on and ALLOWED_HOSTS names {public[0]}: every error would show settings and "
            "data to the world. Set DEBUG=0, or keep ALLOWED_HOSTS to this machine"
        )


def _is_private(host: str) -> bool:
    """Loopback, a private address, or a name without a dot as in a Docker network."""
    name = host.strip("[]").rstrip(".")
    try:
        return ip_address(name).is_private
    except ValueError:
        return name != "*" and (not name.strip(".").count(".") or name.endswith(".localhost"))
