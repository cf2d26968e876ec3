"""E-mail addresses: which are valid, when two are one, and how they are written (pure).

Three forms of one address, each made here and nowhere else:

    canonical       as it is stored and shown: `jörg@straße.example`, `"john doe"@example.org`
    comparison key  two addresses are one exactly if their keys are equal
    wire form       as header and envelope carry it, the domain as xn--

Domains are compared by IDNA 2008 after the mapping of UTS 46: full-width letters, invisible marks
and xn-- are spellings of one domain, while straße.example and strasse.example are two. Local parts
differ at most by ASCII case: only their own server knows what else may be equal (RFC 5321 2.4), and
PostgreSQL's `lower(... COLLATE "C")` gives the same everywhere. Limits of public forms compare more
strictly: see `mailbox_keys.py`.
"""

import re
import unicodedata
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import idna

from postroom.shared.errors import HeaderError
from postroom.shared.header_rules import MAX_ADDRESS, check_text

MAX_LOCAL: Final = 64  # octets; RFC 5321 4.5.3.1.1
MAX_DOMAIN: Final = 253  # octets; the 255 of RFC 5321 4.5.3.1.2 count the DNS's own two
MAX_PATH: Final = 254  # octets; RFC 5321 4.5.3.1.3 without the brackets

ATEXT: Final = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
_BEYOND: Final = "\x80-\U0010ffff"  # RFC 6531 3.3; which of them, `_check_characters` says
_DOT_STRING: Final = re.compile(rf"[{_BEYOND}{ATEXT}]+(?:\.[{_BEYOND}{ATEXT}]+)*")
_QUOTED: Final = re.compile(rf'"((?:[ !#-\[\]-~{_BEYOND}]|\\[ -~])*)"')
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Rows may have come from elsewhere: with the underscores that some hosts have, in any case.
_WIRE_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_WIRE_DOMAIN: Final = rf"{_WIRE_LABEL}(?:\.{_WIRE_LABEL})*|\[[0-9A-Za-z.:]+\]"
_WIRE: Final = re.compile(rf"[{ATEXT}]+(?:\.[{ATEXT}]+)*@(?:{_WIRE_DOMAIN})")


@lru_cache(maxsize=2048)
def canonical(value: str) -> str:
    """The one way an address is stored: Unicode domain, no needless quotes, no blanks around it.

    Taken is what RFC 5321 4.1.2 and RFC 6531 3.3 allow: quoted local parts, address literals, names
    without a dot. Whether such a host can be reached, the site's own SMTP server knows.

    Raises:
        HeaderError: it is not one address; the message says what is wrong with it.
    """
    check_text(value, "address", MAX_ADDRESS)
    local, at, domain = value.strip().rpartition("@")
    if not at:
        raise HeaderError("It has no @: an address is like name@example.org.")
    address = f"{_local_part(local)}@{canonical_domain(domain)}"
    size = len(wire_address(address).encode())
    if size > MAX_PATH:
        raise HeaderError(f"It is {size} octets long; at most {MAX_PATH} (RFC 5321 4.5.3.1.3).")
    return address


def same_key(address: str) -> str:
    """Equal for two canonical addresses exactly if they are one."""
    return address.lower() if address.isascii() else _ascii_lower(address)


def comparison_key(value: str) -> str:
    """The same for any text: what is not an address is compared without blanks and ASCII case."""
    text = value.strip()
    try:
        return same_key(canonical(text))
    except HeaderError:
        return _ascii_lower(text)


@lru_cache(maxsize=256)  # headers, envelope and results each need it
def wire_address(address: str) -> str:
    """The address as headers and envelope carry it: an international domain as xn-- (RFC 5891).

    A local part that is not ASCII stays UTF-8 and needs SMTPUTF8 (RFC 6531): the result is then
    not ASCII.

    Raises:
        HeaderError: it is not `local@domain` (RFC 5321 4.1.2).
    """
    if _WIRE.fullmatch(address) and len(address) <= MAX_ADDRESS:
        return address
    check_text(address, "address", MAX_ADDRESS)
    local, at, domain = address.rpartition("@")
    if not at or not (_DOT_STRING.fullmatch(local) or _QUOTED.fullmatch(local)):
        raise HeaderError("It is not an address like name@example.org (RFC 5321 4.1.2).")
    _check_characters(local)
    if not domain.isascii():
        domain = ascii_domain(domain)
    elif not re.fullmatch(_WIRE_DOMAIN, domain):
        raise HeaderError("Its domain is not a host name.")
    return f"{local}@{domain}"


@lru_cache(maxsize=2048)
def canonical_domain(domain: str) -> str:
    """The domain as it is stored: lower case, xn-- as the letters it stands for, if it does.

    Raises:
        HeaderError: it is neither a domain nor an address literal (RFC 5321 4.1.2, 4.1.3).
    """
    name = ascii_domain(domain)
    if "xn--" in name:
        try:
            letters = idna.decode(name)
            if idna.encode(letters, uts46=True).decode() == name:
                return letters
        except (idna.IDNAError, UnicodeError):
            pass  # an xn-- that stands for nothing is still a name that a server may know
    return name


@lru_cache(maxsize=2048)
def ascii_domain(domain: str) -> str:
    """The domain in lower-case ASCII, international labels as xn-- (IDNA 2008, UTS 46).

    Raises:
        HeaderError: as for `canonical_domain`.
    """
    if domain.startswith("[") and domain.endswith("]"):
        return _literal(domain[1:-1])
    name = domain.lower()
    if not domain.isascii():
        try:
            name = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            why = str(error).rstrip(".")
            raise HeaderError(f"Its domain is not a valid international name: {why}.") from None
    if not _DOMAIN.fullmatch(name) or len(name) > MAX_DOMAIN:
        raise HeaderError(
            "Its domain is not a host name: labels of letters, digits and inner hyphens, up to 63 "
            f"characters each and {MAX_DOMAIN} together."
        )
    return name


def _literal(inside: str) -> str:
    """`192.0.2.1` or `IPv6:2001:db8::1` in brackets, in its shortest form (RFC 5321 4.1.3)."""
    try:
        if inside[:5].lower() == "ipv6:" and "%" not in inside:
            return f"[IPv6:{IPv6Address(inside[5:])}]".lower().replace("ipv6", "IPv6", 1)
        return f"[{IPv4Address(inside)}]"
    except AddressValueError:
        raise HeaderError(
            "Its address literal is not like [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 4.1.3)."
        ) from None


def _local_part(local: str) -> str:
    """Composed letters (NFC), and quotes only where they are needed."""
    local = unicodedata.normalize("NFC", local)
    if quoted := _QUOTED.fullmatch(local):
        inside = re.sub(r"\\(.)", r"\1", quoted[1])
        local = inside if _DOT_STRING.fullmatch(inside) else _quote(inside)
    elif not _DOT_STRING.fullmatch(local):
        raise HeaderError(
            "The part before the @ is not letters, digits and signs with single dots between; "
            "anything else needs quotes (RFC 5321 4.1.2)."
        )
    _check_characters(local)
    if len(local.encode()) > MAX_LOCAL:
        raise HeaderError(
            f"The part before the @ is longer than {MAX_LOCAL} octets (RFC 5321 4.5.3.1.1)."
        )
    return local


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check_characters(local: str) -> None:
    """Beyond ASCII: no blanks, no invisible or unassigned characters, no accent without a letter.

    Such an address looks like another one, or like none.
    """
    if local.isascii():
        return
    for place, character in enumerate(local):
        kind = unicodedata.category(character)
        if ord(character) > 127 and (kind[0] in "CZ" or (kind[0] == "M" and place == 0)):
            raise HeaderError(
                f"The part before the @ has the character U+{ord(character):04X}, which cannot be "
                "seen or stand there."
            )


def _ascii_lower(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
