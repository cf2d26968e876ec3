"""Identifies clients and mailboxes by keyed hashes, so that no network address is stored."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from postroom.web.protection.client import client_of


def client_hash(request: HttpRequest) -> str:
    """The same for the same client, without revealing its address; unknown ones are one client."""
    return _keyed("client", client_of(request))


def address_hash(email: str) -> str:
    """The same for every spelling of one mailbox: case and `+tag` do not count."""
    local, _, domain = email.casefold().rpartition("@")
    return _keyed("address", f"{local.partition('+')[0] or local}@{domain}")


def _keyed(purpose: str, value: str) -> str:
    salt = f"postroom.web.systems.submissions.{purpose}"
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()
