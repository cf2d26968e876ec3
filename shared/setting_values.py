"""Readers of settings that are a host, URL, file, folder, e-mail address or table.

An invalid value is refused with the setting's name, before anything uses it. A URL may hold a
password and is never shown.
"""

import json
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from postroom.shared.addresses import canonical
from postroom.shared.env import Environment, SettingsError, shown
from postroom.shared.header_rules import HeaderError, check_text, split_mailbox

# Letters of any script: names are looked up in their ASCII form (IDNA).
_LABEL: Final = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?|_[\w-]{1,62}")


def is_host(value: str) -> bool:
    """Whether it is a host's name or IP address, without scheme and port (RFC 1123 2.1)."""
    return is_address(value) or is_name(value)


def is_address(value: str) -> bool:
    """Whether it is an IP address; one of IPv6 may be in brackets."""
    try:
        ip_address(value[1:-1] if value.startswith("[") and value.endswith("]") else value)
    except ValueError:
        return False
    return True


def is_name(value: str) -> bool:
    """Whether it is a host's name, of one label or more (underscores as in Docker networks)."""
    labels = value.removesuffix(".").split(".")
    if len(value) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return False
    # Digits only is an IP address that somebody mistyped, such as 10.0.0.256.
    return not labels[-1].isdigit()


def host(env: Environment, name: str, default: str = "") -> str:
    """A host's name or IP address; the brackets of an IPv6 address are removed.

    Raises:
        SettingsError: not a host, for example with a scheme or a port.
    """
    value = env.text(name, default).strip()
    if value and not is_host(value):
        raise SettingsError(
            f"{name}={shown(value)} is not a host name or IP address; write it without scheme, "
            "port and path, for example mail.example.org"
        )
    return value.strip("[]")


def url(env: Environment, name: str, example: str, *, login: bool = False) -> str:
    """An `http` or `https` URL without query and fragment, and without a final slash.

    `login`: user and password may be part of it.

    Raises:
        SettingsError: not such a URL; its value is not shown.
    """
    value = env.text(name).strip()
    if value and not _is_url(value, login=login):
        raise SettingsError(f"{name} is not a URL like {example}")
    return value.rstrip("/")


def _is_url(value: str, *, login: bool = False) -> bool:
    try:
        parts = urlsplit(value)
        port, found = parts.port, parts.hostname or ""
    except ValueError:
        return False
    alone = not (parts.query or parts.fragment or "?" in value or "#" in value)
    plain = value.isprintable() and not any(mark in value for mark in ' "<>\\')
    return (
        parts.scheme in {"http", "https"}
        and is_host(found)
        and port != 0
        and not parts.netloc.endswith(":")
        and alone
        and plain
        and (login or "@" not in parts.netloc)
    )


def webhook(env: Environment, name: str) -> str:
    """An `https` URL that we post to, with its query; `http` only to this machine.

    Raises:
        SettingsError: not such a URL; its value, which often holds a key, is not shown.
    """
    value = env.text(name).strip()
    if not value:
        return ""
    base, _, query = value.partition("?")
    plain = not any(mark in query for mark in ' "<>\\#') and query.isprintable()
    if not (_is_url(base) and plain):
        raise SettingsError(f"{name} is not a URL like https://hooks.example.org/services/KEY")
    parts = urlsplit(base)
    if parts.scheme != "https" and not _is_this_machine(parts.hostname or ""):
        raise SettingsError(f"{name} must begin with https:// unless it leads to this machine")
    return value


def _is_this_machine(found: str) -> bool:
    return ip_address(found).is_loopback if is_address(found) else found.lower() == "localhost"


def origins(env: Environment, name: str) -> list[str]:
    """Origins such as `https://postroom.example.org` or `https://*.example.org`.

    Raises:
        SettingsError: one is not an origin.
    """
    found = env.listing(name)
    for origin in found:
        bare = origin.replace("://*.", "://", 1)
        if not _is_url(bare) or urlsplit(bare).path not in {"", "/"}:
            raise SettingsError(
                f"{name}: {shown(origin)} is not like https://postroom.example.org (scheme and "
                "host, without path)"
            )
    return [origin.rstrip("/") for origin in found]


def host_patterns(env: Environment, name: str, default: str) -> list[str]:
    """Host names as Django's `ALLOWED_HOSTS` takes them: `a.example.org`, `.example.org` or `*`.

    Raises:
        SettingsError: one can match no host, for example with a scheme or a port.
    """
    found = env.listing(name, default)
    for pattern in found:
        # Django compares IPv6 addresses with their brackets.
        bare = is_address(pattern) and ":" in pattern and not pattern.startswith("[")
        zone = "%" in pattern  # of this machine: no Host header has one
        if pattern != "*" and (bare or zone or not is_host(pattern.removeprefix("."))):
            raise SettingsError(
                f"{name}: {shown(pattern)} matches no host; write names without scheme, port and "
                "path, for example postroom.example.org,.example.org,[::1]"
            )
    return found


def file(env: Environment, name: str) -> str:
    """The path of a file that can be read.

    Raises:
        SettingsError: it cannot.
    """
    path = env.text(name)
    if path:
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            raise SettingsError(f"{name}={shown(path)} cannot be read: {error.strerror}") from None
    return path


def mailbox(env: Environment, name: str, default: str = "") -> str:
    """One address with or without a display name, as `Ann <ann@example.org>`.

    Raises:
        SettingsError: not one address.
    """
    value = env.text(name, default).strip()
    if value:
        check_mailbox(name, value)
    return value


def mailboxes(env: Environment, name: str) -> list[str]:
    """Addresses separated by commas; a comma in quotes is part of a display name.

    Raises:
        SettingsError: one is not an address.
    """
    found = env.listing(name)
    for value in found:
        check_mailbox(name, value)
    return found


def check_mailbox(name: str, value: str) -> None:
    """Refuse what a call would refuse as a sender: the settings start, and no e-mail could.

    Raises:
        SettingsError: not one address; says why.
    """
    try:
        display, address = split_mailbox(value)
        check_text(display, "display name", 255)
        canonical(address)
    except HeaderError as error:
        raise SettingsError(f"{name}={shown(value)} is not an e-mail address: {error}") from None


def names(env: Environment, name: str, default: str, *, longest: int) -> list[str]:
    """At least one name, each of at most `longest` characters.

    Raises:
        SettingsError: none, or one that is too long.
    """
    found = env.listing(name, default)
    if not found:
        raise SettingsError(f"{name} has no name in it; write at least one, separated by commas")
    for value in found:
        if len(value) > longest:
            raise SettingsError(f"{name}: {shown(value)} is longer than {longest} characters")
    return found


def token(env: Environment, name: str) -> str:
    """A secret that travels in a header field: visible ASCII without blanks.

    Raises:
        SettingsError: it could not be sent; its value is not shown.
    """
    value = env.text(name)
    if not all("!" <= sign <= "~" for sign in value):
        raise SettingsError(f"{name} must be visible ASCII characters without blanks")
    return value


def table(env: Environment, name: str) -> dict[str, Any]:
    """A JSON object, `{}` if the setting is empty.

    Raises:
        SettingsError: not a JSON object; says where it is wrong.
    """
    text = env.text(name).strip()
    try:
        found = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise SettingsError(f"{name} is not JSON ({where})") from error
    if not isinstance(found, dict):
        raise SettingsError(f'{name} must be a JSON object, such as {{"name": {{}}}}')
    return found
