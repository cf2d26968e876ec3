"""The number of messages in the dead-letter queue, from RabbitMQ's management API.

No request waits for RabbitMQ: a page shows the last known number, and a thread refreshes it.
"""

import threading
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from postroom.shared.broker.topology import DEAD_QUEUE
from postroom.shared.settings import BrokerSettings
from postroom.shared.telemetry.logs import logger
from postroom.web.emails.operating import management_api

log = logger(__name__)
FRESH_SECONDS: Final = 10.0


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
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end unseen
            # Without the error's text, which may contain the URL and so the password.
            log.warning("management_unavailable", kind=type(error).__name__)
            known = None
        with self._lock:
            self._known = known
        if on_answer is not None:
            on_answer()


def read_depth(url: str, broker: BrokerSettings) -> int:
    """Query the API now. Raises as `management_api.read`."""
    vhost = unquote(urlsplit(broker.url).path.removeprefix("/")) or "/"
    queue = management_api.read(url, broker, f"queues/{quote(vhost, safe='')}/{DEAD_QUEUE}")
    return int(queue["messages"])
