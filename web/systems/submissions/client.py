"""Identifies clients and mailboxes by keyed hashes, so that no network address is stored."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from postroom.shared.mailbox_keys import mailbox_key


def client_hash(request: HttpRequest) -> str:
    """The same for the same client, without revealing its address; '' if that is unknown."""
    network = _network(_address(request))
    return _keyed("client", network) if network else ""


def address_hash(email: str) -> str:
    """The same for every spelling of one mailbox (see `mailbox_key`)."""
    return _keyed("address", mailbox_key(email))


def _address(request: HttpRequest) -> str:
    remote = str(request.META.get("REMOTE_ADDR", ""))
    # Each trusted proxy appends the address it saw; the client can forge everything before.
    seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    hops = min(settings.TRUSTED_PROXIES, len(seen))
    return seen[-hops].strip() or remote if hops else remote


def _network(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # One customer has a whole /64 and could use a new address for every request.
    return str(ip_network((address, 64), strict=False))


def _keyed(purpose: str, value: str) -> str:
    salt = f"postroom.web.systems.submissions.{purpose}"
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()
