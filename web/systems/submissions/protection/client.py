"""Identifies clients and mailboxes by keyed hashes, so that no network address is stored."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from postroom.shared.mailbox_keys import mailbox_key
from postroom.web.protection.client import client_of


def client_hash(request: HttpRequest) -> str:
    """The same for the same client, without revealing its address; unknown ones are one client."""
    return _keyed("client", client_of(request))


def address_hash(email: str) -> str:
    """The same for every spelling of one mailbox (see `mailbox_key`)."""
    return _keyed("address", mailbox_key(email))


def _keyed(purpose: str, value: str) -> str:
    salt = f"postroom.web.systems.submissions.{purpose}"
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()
