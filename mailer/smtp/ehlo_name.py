"""The name that the mailer gives in EHLO (RFC 5321 2.3.5, 4.1.3, 4.1.4)."""

import ipaddress
import re
import socket

import idna

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?\d+")  # no top-level domain does
_NOT_A_NAME = (".localdomain", ".localhost", ".in-addr.arpa", ".ip6.arpa")
_LONGEST = 255  # bytes (RFC 5321 4.5.3.1.2)


def checked_name(text: str) -> str:
    """A domain, or an address literal like `[192.0.2.1]`.

    Raises:
        ValueError: it is neither; the text says what to write.
    """
    name = text.strip().removesuffix(".")
    if name.startswith("[") and name.endswith("]"):
        return _checked_literal(name[1:-1])
    if not name.isascii():
        raise ValueError(f"must be in ASCII{_in_ascii(name)} (RFC 5321 2.3.5)")
    if _ENDS_IN_A_NUMBER.fullmatch(name) or ":" in name:
        raise ValueError("must have an address in brackets: [192.0.2.1] or [IPv6:2001:db8::1]")
    if not _DOMAIN.fullmatch(name) or len(name) > _LONGEST:
        raise ValueError("is not a domain name like mail.example.org (RFC 5321 2.3.5)")
    return name


def _in_ascii(name: str) -> str:
    """What to write instead; nothing for a name that cannot be."""
    try:
        return f": {idna.encode(name, uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        return ""


def own_domain() -> str:
    """This machine's full domain name; empty if it has none, as in most containers.

    May wait for the resolver: call it at the start.
    """
    name = socket.getfqdn()
    try:
        name = checked_name(name)
    except ValueError:
        return ""
    return "" if "." not in name or name.lower().endswith(_NOT_A_NAME) else name


def address_literal(address: str) -> str:
    """An IP address as EHLO has it where there is no domain name (RFC 5321 4.1.3, 4.1.4)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return f"[IPv6:{found}]"
        found = found.ipv4_mapped
    return f"[{found}]"


def _checked_literal(inside: str) -> str:
    try:
        # Python takes a zone (fe80::1%eth0), which is a name of this machine only.
        if inside[:5].lower() == "ipv6:" and "%" not in inside:
            return f"[IPv6:{ipaddress.IPv6Address(inside[5:])}]"
        return f"[{ipaddress.IPv4Address(inside)}]"
    except ValueError:
        raise ValueError(
            "is not an address literal like [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 4.1.3)"
        ) from None
