"""The number of messages in the dead-letter queue, from RabbitMQ's management API.

No request waits for RabbitMQ: a page shows the last known number, and a thread refreshes it.
"""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from postroom.shared.broker.topology import DEAD_QUEUE
from postroom.shared.settings import BrokerSettings
from postroom.shared.telemetry.logs import logger

log = logger(__name__)
FRESH_SECONDS: Final = 10.0
_TIMEOUT: Final = 2.0
_LONGEST_ANSWER: Final = 1_000_000


class DeadLetters:
    """The last known depth of the dead-letter queue in one process; thread-safe.

    `url`: the management API, with user and password; `broker`: gives the virtual host, and the
    certificate authorities for https.
    """

    def __init__(self, url: str, broker: BrokerSettings) -> None:
        self._url, self._broker = url, broker
        self._lock = threading.Lock()
        self._known: int | None = None
        self._ask_after = 0.0

    def depth(self, on_answer: Callable[[], None] | None = None) -> int | None:
        """The last known number of messages; None: not known. Never waits.

        If it is older than `FRESH_SECONDS`, a thread refreshes it and then calls `on_answer`.
        """
        with self._lock:
            known, now = self._known, time.monotonic()
            if now < self._ask_after:
                return known
            self._ask_after = now + FRESH_SECONDS
        threading.Thread(
            target=self._ask, args=(on_answer,), name="dead-letters", daemon=True
        ).start()
        return known

    def _ask(self, on_answer: Callable[[], None] | None) -> None:
        known: int | None
        try:
            known = read_depth(self._url, self._broker)
        except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
            # Without the error's text, which may contain the URL and so the password.
            log.warning("management_unavailable", kind=type(error).__name__)
            known = None
        with self._lock:
            self._known = known
        if on_answer is not None:
            on_answer()


def read_depth(url: str, broker: BrokerSettings) -> int:
    """Query the API now, with a timeout of two seconds for connecting and for each read.

    Raises:
        OSError, HTTPException: RabbitMQ cannot be reached.
        ValueError, LookupError, TypeError: its answer is not the one expected.
    """
    api = urlsplit(url)
    vhost = unquote(urlsplit(broker.url).path.removeprefix("/")) or "/"
    path = f"{api.path.rstrip('/')}/api/queues/{quote(vhost, safe='')}/{DEAD_QUEUE}"
    login = f"{unquote(api.username or '')}:{unquote(api.password or '')}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    host = api.hostname or ""
    if api.scheme == "https":
        context = ssl.create_default_context(cafile=broker.ca_file or None)
        made: HTTPConnection = HTTPSConnection(host, api.port, timeout=_TIMEOUT, context=context)
    else:
        made = HTTPConnection(host, api.port, timeout=_TIMEOUT)
    with closing(made) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read(_LONGEST_ANSWER)
    if response.status != 200:
        raise ValueError(f"RabbitMQ answers {response.status}")
    return int(json.loads(body)["messages"])
