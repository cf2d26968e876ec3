"""Connects to RabbitMQ: parameters, TLS, one connection. No other module does.

pika 1.5's `pika.Connection` is thread-safe and runs its I/O loop on a thread of its own, so that
heartbeats are kept while the work runs.
"""

import contextlib
import platform
import random
import ssl
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pika
import pika.exceptions
from pika.adapters.utils.connection_workflow import AMQPConnectorException

from postroom.shared.broker.amqp_batches import write_together
from postroom.shared.broker.amqp_limits import survive_unreadable
from postroom.shared.broker.callbacks import answered
from postroom.shared.broker.failure import CannotConnectError
from postroom.shared.broker.failure import describe as describe
from postroom.shared.settings import BrokerSettings
from postroom.shared.telemetry.logs import logger
from postroom.shared.version import VERSION

log = logger(__name__)

_CONNECT_SECONDS = 10.0
# A confirm only sets a counter here, but a batch of them must fit without blocking the I/O thread
# (see pika.Connection). So must a full prefetch of three lanes if `amqp_batches.deliver_at_once`
# finds another pika and does nothing.
_WORK_QUEUE = 10_000


def parameters(settings: BrokerSettings, url: str, *, name: str) -> pika.URLParameters:
    """Connection parameters of one of `settings.urls`; the management page shows `name`.

    `amqps://` verifies certificate and host name against the system's store or
    `RABBITMQ_CA_FILE`, and shows `RABBITMQ_CERT_FILE` to a broker that verifies its clients.

    Raises:
        OSError: one of the files cannot be read, or does not hold what it must.
    """
    result = pika.URLParameters(url)
    result.heartbeat = settings.heartbeat
    result.socket_timeout = _CONNECT_SECONDS
    result.stack_timeout = _CONNECT_SECONDS + 5
    result.blocked_connection_timeout = 60
    # What the management page shows; without these it would name pika's version as ours.
    result.client_properties = {
        "connection_name": name,
        "product": "Postroom",
        "version": VERSION,
        "platform": f"Python {platform.python_version()}, pika {pika.__version__}",
        "information": "Sends e-mails from a queue",
    }
    if result.ssl_options is not None:
        # Without server_hostname the certificate's name would not be checked.
        result.ssl_options = pika.SSLOptions(_tls_context(settings), server_hostname=result.host)
    return result


def connect(
    settings: BrokerSettings,
    *,
    name: str,
    on_close: Callable[[BaseException], None] | None = None,
) -> pika.Connection:
    """Open one connection, waiting about 15 s at most for each host.

    Several hosts are tried in random order: connections spread over a cluster, and a node that
    accepts logins but cannot serve our queues is not tried first every time.

    `on_close` is called on the I/O thread with the reason when the connection ends; it must only
    set a flag.

    Raises:
        pika.exceptions.AMQPError, OSError, TimeoutError: the broker cannot be reached or used.
    """
    *others, last = random.sample(settings.urls, len(settings.urls))
    for url in others:
        try:
            return _connect(settings, url, name, on_close)
        except (pika.exceptions.AMQPError, OSError, TimeoutError) as error:
            log.warning("broker_host_unavailable", host=_place(url), error=describe(error))
    return _connect(settings, last, name, on_close)


def _connect(
    settings: BrokerSettings,
    url: str,
    name: str,
    on_close: Callable[[BaseException], None] | None,
) -> pika.Connection:
    def closed(_connection: object, reason: BaseException) -> None:
        if on_close is not None:
            on_close(reason)

    try:
        return _Connection(
            parameters(settings, url, name=name),
            on_close_callback=answered("closed", closed),
            timeout=_CONNECT_SECONDS + 5,
            work_queue_maxsize=_WORK_QUEUE,
            shutdown_drain_timeout=5,
        )
    except (
        AMQPConnectorException,  # from TLS; it is not an AMQPError
        pika.exceptions.AMQPError,
        OSError,
        TimeoutError,
    ) as error:
        raise CannotConnectError(_place(url), error) from error


def _place(url: str) -> str:
    """`host:port` of a URL."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return host if parts.port else f"{host}:{5671 if parts.scheme == 'amqps' else 5672}"


class _Connection(pika.Connection):
    """Closes its descriptors when it ends.

    pika 1.5.0rc1 leaves the I/O loop's poller and wake-up sockets to the garbage collector. In a
    long outage, with a try every few seconds and little other garbage, the collector runs too
    late: the process runs out of descriptors.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        try:
            super().__init__(*arguments, **options)
        except BaseException:
            self._release()
            raise
        survive_unreadable(self)
        write_together(self)

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


def _tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:  # its message does not name the file
        raise OSError(
            f"RABBITMQ_CA_FILE={settings.ca_file} cannot be read as certificates in PEM: {error}"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file:
        _add_own_certificate(context, settings)
    return context


def _add_own_certificate(context: ssl.SSLContext, settings: BrokerSettings) -> None:
    files = f"RABBITMQ_CERT_FILE={settings.cert_file}"
    if settings.key_file:
        files += f" and RABBITMQ_KEY_FILE={settings.key_file}"

    def encrypted() -> str:  # without this, OpenSSL would ask on the terminal
        raise OSError("the key is encrypted; store it without a passphrase, readable to us only")

    try:
        context.load_cert_chain(settings.cert_file, settings.key_file or None, encrypted)
    except OSError as error:
        raise OSError(
            f"{files} cannot be used as our certificate and its key in PEM: {error}"
        ) from error
