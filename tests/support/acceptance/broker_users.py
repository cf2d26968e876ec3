"""deploy/rabbitmq/definitions.json on the virtual host of a test, for users of its own."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from dev.keeper import ROOT
from tests.support.acceptance.broker import Broker

DEFINITIONS = (ROOT / "deploy/rabbitmq/definitions.json").read_text()
TAGS = {"publisher": "", "consumer": "", "monitor": "monitoring", "topology": ""}
PASSWORD = secrets.token_hex(8)


@contextmanager
def users_on(broker: Broker) -> Iterator[None]:
    """The shipped permissions and policies, as long as the block runs."""
    for user, tags in TAGS.items():
        account = {"password": PASSWORD, "tags": tags}
        broker.manage("PUT", f"users/{broker.vhost}_{user}", account)
    broker.manage("POST", "definitions", renamed(broker, DEFINITIONS))
    yield
    for user in TAGS:
        broker.manage("DELETE", f"users/{broker.vhost}_{user}")


def renamed(broker: Broker, definitions: str) -> Any:
    """The definitions for the test's own virtual host and users."""
    definitions = definitions.replace('"postroom"', f'"{broker.vhost}"')
    return json.loads(definitions.replace('"postroom_', f'"{broker.vhost}_'))


def login(url: str, broker: Broker, user: str) -> str:
    """The URL with a user's name and password."""
    parts = urlsplit(url)
    name = quote(f"{broker.vhost}_{user}", safe="")
    host = f"{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=f"{name}:{PASSWORD}@{host}"))


def as_user(broker: Broker, user: str) -> dict[str, str]:
    """For a program's environment."""
    return {"RABBITMQ_URL": login(broker.url, broker, user)}
