"""Who a client is, for every limit: one address or IPv6 network, or all unknown ones together."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from django.http import HttpRequest

from postroom.web.conf import conf
from postroom.web.protection.proxies import Proxies

UNKNOWN: Final = "unknown"
# A pair of RFC 7239 4, its value a token or a quoted string; and the commas between elements.
_PAIR: Final = re.compile(
    r'(?P<comma>,)|(?P<name>[^\s,;="]+)=(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>[^\s,;"]*))'
)
_MOST: Final = 8192  # characters of a header that are read


def client_of(request: HttpRequest) -> str:
    """The network that counts as one client: `192.0.2.1`, `2001:db8:1:2::/64`, or `unknown`.

    Only what a trusted proxy says about the address is believed (`TRUSTED_PROXIES`): it appends
    the address it saw to `X-Forwarded-For` or `Forwarded` (RFC 7239), and the client can write
    whatever comes before. Ports and brackets come off (RFC 7239 6). Clients without a readable
    address count as one, so that no limit can be passed by writing nonsense.
    """
    return _network(_chosen(request))


def _chosen(request: HttpRequest) -> str:
    remote = str(request.META.get("REMOTE_ADDR") or "")
    proxies = conf.trusted_proxies
    if proxies == Proxies():
        return remote
    chain = [*_forwarded(request), remote]
    if proxies.count:
        return chain[max(len(chain) - 1 - proxies.count, 0)]
    place = len(chain) - 1
    while place and _is_trusted(chain[place], proxies, at_socket=place == len(chain) - 1):
        place -= 1
    return chain[place]


def _is_trusted(text: str, proxies: Proxies, *, at_socket: bool) -> bool:
    if at_socket and not text:
        return proxies.unix
    address = _address(text)
    return address is not None and any(address in network for network in proxies.networks)


def _forwarded(request: HttpRequest) -> list[str]:
    """The addresses in the header, the client's first, each as the proxy wrote it.

    A site whose proxies write `Forwarded` only names it in `TRUSTED_PROXIES_HEADER`; otherwise a
    client could write the other one.
    """
    named = conf.trusted_proxies_header
    old = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))[-_MOST:]
    if named != "forwarded" and old.strip():
        return [part.strip() for part in old.split(",")]
    new = str(request.META.get("HTTP_FORWARDED", ""))[-_MOST:]
    if named == "x-forwarded-for" or not new.strip():
        return []
    found, read = [""], 0
    for pair in _PAIR.finditer(new):
        if '"' in new[read : pair.start()]:
            break
        read = pair.end()
        if pair["comma"]:
            found.append("")
        elif pair["name"].lower() == "for":
            quoted = pair["quoted"]
            found[-1] = pair["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    # A quote that the client left open takes in what the proxy appended, up to its first quote:
    # then the addresses that can be read are the client's own choice.
    return [""] if '"' in new[read:] else found


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _network(text: str) -> str:
    address = _address(text)
    if address is None:
        return UNKNOWN
    if address.version == 4:
        return str(address)
    # One customer has a whole /64 and could use a new address for every request.
    return str(ip_network((address, 64), strict=False))
