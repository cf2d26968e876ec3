"""Reads RabbitMQ's management API, where a site has given its address."""

import base64
import json
import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from postroom.shared.settings import BrokerSettings

_TIMEOUT: Final = 2.0
_LONGEST_ANSWER: Final = 1_000_000


def read(url: str, broker: BrokerSettings, path: str) -> Any:
    """What `GET /api/{path}` answers, decoded from JSON.

    With a timeout of two seconds for connecting and for each read. `url` holds user and password;
    `broker` gives the certificate authorities for https.

    Raises:
        OSError, http.client.HTTPException: RabbitMQ cannot be reached.
        ValueError: its answer is not the one expected.
    """
    api = urlsplit(url)
    login = f"{unquote(api.username or '')}:{unquote(api.password or '')}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    host = api.hostname or ""
    if api.scheme == "https":
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        made: HTTPConnection = HTTPSConnection(host, api.port, timeout=_TIMEOUT, context=context)
    else:
        made = HTTPConnection(host, api.port, timeout=_TIMEOUT)
    with closing(made) as connection:
        connection.request("GET", f"{api.path.rstrip('/')}/api/{path}", headers=headers)
        response = connection.getresponse()
        body = response.read(_LONGEST_ANSWER)
    if response.status != 200:
        raise ValueError(f"RabbitMQ answers {response.status}")
    return json.loads(body)
