"""What RabbitMQ's management API says: alarms, and the depth of the dead-letter queue.

No page waits for RabbitMQ: it shows the last known state, and a thread refreshes it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

from postroom.shared.broker.topology import DEAD_QUEUE
from postroom.shared.settings import BrokerSettings
from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf

log = logger(__name__)
T = TypeVar("T")
FRESH_SECONDS: Final = 10.0
_ALARMS: Final = {"mem_alarm": "memory", "disk_free_alarm": "disk space"}


@dataclass(frozen=True, slots=True)
class RabbitMQState:
    """`dead_letters`: messages in the dead-letter queue, None if that is not known.

    `alarms`: what its nodes are short of, in words; they then take no messages.
    """

    dead_letters: int | None = None
    alarms: tuple[str, ...] = ()


NOT_KNOWN: Final = RabbitMQState()


class RabbitMQWatch:
    """The last known state in one process; thread-safe.

    `url`: the management API, with user and password; `broker`: gives the virtual host, and the
    certificate authorities for https.
    """

    def __init__(self, url: str, broker: BrokerSettings) -> None:
        self._url, self._broker = url, broker
        self._lock = threading.Lock()
        self._known = NOT_KNOWN
        self._ask_after = 0.0

    def last_known(self, on_answer: Callable[[], None] | None = None) -> RabbitMQState:
        """The last known state. Never waits.

        If it is older than `FRESH_SECONDS`, a thread refreshes it and then calls `on_answer`.
        """
        with self._lock:
            known, now = self._known, time.monotonic()
            if now < self._ask_after:
                return known
            self._ask_after = now + FRESH_SECONDS
        threading.Thread(
            target=self._ask, args=(on_answer,), name="rabbitmq-state", daemon=True
        ).start()
        return known

    def ask(self) -> RabbitMQState:
        """The state now; waits up to some seconds for the answer. Not known if none comes."""
        # One may be answered and the other not: a user without the tag `monitoring` sees no nodes.
        alarms = _answered(partial(_alarms, self._url, self._broker))
        return RabbitMQState(_answered(partial(read_depth, self._url, self._broker)), alarms or ())

    def _ask(self, on_answer: Callable[[], None] | None) -> None:
        known = self.ask()
        with self._lock:
            self._known = known
        if on_answer is not None:
            on_answer()


def last_known() -> RabbitMQState:
    """The last known state of this site's RabbitMQ; never waits."""
    watch = _watch(conf.rabbitmq_management_url, conf.broker)
    return watch.last_known() if watch else NOT_KNOWN


def ask() -> RabbitMQState:
    """The state of this site's RabbitMQ now; waits for the answer."""
    watch = _watch(conf.rabbitmq_management_url, conf.broker)
    return watch.ask() if watch else NOT_KNOWN


def _alarms(url: str, broker: BrokerSettings) -> tuple[str, ...]:
    from postroom.web.emails.operating import management_api  # few sites use it

    nodes: list[dict[str, Any]] = management_api.read(url, broker, "nodes")
    return tuple(
        f"RabbitMQ {node['name']} is short of {what}"
        for node in nodes
        for alarm, what in _ALARMS.items()
        if node.get(alarm)
    )


def read_depth(url: str, broker: BrokerSettings) -> int:
    """Messages in the dead-letter queue now. Raises as `management_api.read`."""
    from postroom.web.emails.operating import management_api  # few sites use it

    vhost = unquote(urlsplit(broker.url).path.removeprefix("/")) or "/"
    queue = management_api.read(url, broker, f"queues/{quote(vhost, safe='')}/{DEAD_QUEUE}")
    return int(queue["messages"])


def _answered(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not end unseen
        # Without the error's text, which may contain the URL and so the password.
        log.warning("management_unavailable", kind=type(error).__name__)
        return None


@lru_cache(maxsize=4)
def _watch(url: str, broker: BrokerSettings) -> RabbitMQWatch | None:
    return RabbitMQWatch(url, broker) if url else None
