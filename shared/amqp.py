"""How to connect to RabbitMQ: parameters, TLS, one connection. Nothing else knows.

pika 1.5's `pika.Connection` is thread-safe and runs its I/O loop on a thread of its own, so that
heartbeats are kept while the work runs.
"""

import contextlib
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pika

from shared.settings import BrokerSettings

_CONNECT_SECONDS = 10.0
# A delivery or confirm only ever enqueues or sets a counter here, but a full prefetch of three
# lanes and a batch of confirms must fit without blocking the I/O thread (see pika.Connection).
_WORK_QUEUE = 10_000


def parameters(settings: BrokerSettings, *, name: str) -> pika.URLParameters:
    """Connection parameters; `name` is what the management page shows.

    `amqps://` verifies certificate and host name against the system's store or
    `RABBITMQ_CA_FILE`.
    """
    result = pika.URLParameters(settings.url)
    result.heartbeat = settings.heartbeat
    result.socket_timeout = _CONNECT_SECONDS
    result.stack_timeout = _CONNECT_SECONDS + 5
    result.blocked_connection_timeout = 60
    result.client_properties = {"connection_name": name, "product": "Postroom"}
    if result.ssl_options is not None:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without server_hostname the certificate's name would not be the one checked.
        result.ssl_options = pika.SSLOptions(context, server_hostname=result.host)
    return result


def connect(
    settings: BrokerSettings,
    *,
    name: str,
    on_close: Callable[[BaseException], None] | None = None,
) -> pika.Connection:
    """Open one connection, waiting at most some 15 s.

    `on_close` is called on the I/O thread with the reason when the connection ends; it must only
    set a flag.

    Raises:
        pika.exceptions.AMQPError, OSError, TimeoutError: the broker cannot be reached or used.
    """

    def closed(_connection: object, reason: BaseException) -> None:
        if on_close is not None:
            on_close(reason)

    return _Connection(
        parameters(settings, name=name),
        on_close_callback=closed,
        timeout=_CONNECT_SECONDS + 5,
        work_queue_maxsize=_WORK_QUEUE,
        shutdown_drain_timeout=5,
    )


class _Connection(pika.Connection):
    """Gives its descriptors back when it ends.

    pika 1.5.0rc1 leaves the I/O loop's poller and wake-up sockets to the garbage collector. In a
    long outage, with a try every few seconds and little other garbage, that comes too late: the
    process runs out of descriptors.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        try:
            super().__init__(*arguments, **options)
        except BaseException:
            self._release()
            raise

    def close(self, timeout: float | None = 10) -> None:
        """See pika.Connection."""
        super().close(timeout)
        self._release()

    def _release(self) -> None:
        thread = getattr(self, "_ioloop_thread", None)
        if thread is None or threading.current_thread() is thread:
            return
        thread.join(_CONNECT_SECONDS)
        if not thread.is_alive():
            with contextlib.suppress(Exception):
                self._connection.ioloop.close()


def describe(error: BaseException) -> str:
    """One line about why the broker cannot be used, without the password."""
    text = str(error) or type(error).__name__
    if "IncompatibleProtocol" in type(error).__name__:
        return "TLS or protocol mismatch (a TLS port wants amqps://, a plain one amqp://)"
    return f"{type(error).__name__}: {text}"[:1000]
