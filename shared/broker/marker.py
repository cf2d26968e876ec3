"""Marks the virtual host as ours, so that two installations on one are noticed.

RabbitMQ compares the arguments of a queue that is declared again, and says what they are: those of
`email_notifications.installation` name the installation. Nothing is ever published to it, and it is
gone soon after the last process that declares it again and again. Only users who may declare can
do that: with `RABBITMQ_TOPOLOGY=verify`, a wrong message is noticed when a mailer gets it.
"""

import re
from time import monotonic
from typing import Any, Final

import pika.exceptions

from postroom.shared.broker.topology import DEAD_EXCHANGE, DeclaringConnection
from postroom.shared.settings import BrokerSettings
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

QUEUE: Final = "email_notifications.installation"
STATE: Final = "shared virtual host"  # of a mailer or relay that has noticed it
_LIVES_SECONDS: Final = 180
_RENEW_SECONDS: Final = 60.0
_MARKED_BY: Final = re.compile(r"x-dead-letter-routing-key.* current is '([^']*)'", re.DOTALL)


class Marker:
    """Renews the mark of one process."""

    def __init__(self, settings: BrokerSettings) -> None:
        self._may_declare = not settings.verify_topology
        self._connection: object = None
        self._next = 0.0
        self.trouble = ""  # in words: another installation uses this virtual host

    def renew(self, connection: Any, installation: str) -> None:
        """Mark again when it is time, or on a new connection; logs who else has marked it.

        Raises:
            pika.exceptions.AMQPError: the connection is gone.
        """
        if not (self._may_declare and installation and connection is not None):
            return
        if connection is self._connection and monotonic() < self._next:
            return
        self._connection, self._next = connection, monotonic() + _RENEW_SECONDS
        try:
            other = mark(connection, installation)
        except pika.exceptions.ChannelClosedByBroker as error:
            log.warning("virtual_host_not_marked", error=error.reply_text)
            return
        self.trouble = shared_with(other, installation) if other else ""
        if other:
            log.error("virtual_host_is_shared", error=self.trouble)


def mark(connection: DeclaringConnection, installation: str) -> str:
    """Mark the virtual host as used by `installation`; another installation that has, if any.

    Raises:
        pika.exceptions.ChannelClosedByBroker: this user may not declare it, or its type differs.
        pika.exceptions.AMQPError: the connection is gone.
    """
    channel = connection.channel()
    try:
        channel.queue_declare(
            QUEUE,
            durable=True,
            arguments={
                # It holds nothing to replicate. And RabbitMQ 3.10 may lose the leader of a quorum
                # queue that was declared a moment before it is killed.
                "x-queue-type": "classic",
                "x-expires": _LIVES_SECONDS * 1000,
                "x-dead-letter-exchange": DEAD_EXCHANGE,
                "x-dead-letter-routing-key": installation,
            },
        )
    except pika.exceptions.ChannelClosedByBroker as error:
        if found := _MARKED_BY.search(error.reply_text):
            return found[1]
        raise
    channel.close()
    return ""


def shared_with(other: str, ours: str) -> str:
    """One sentence for people about two installations on one virtual host."""
    return (
        f"another installation of Postroom ({other}; this one is {ours}) uses the same virtual "
        "host: mailers get each other's messages and give them back, so mail is late. Give each "
        "installation a virtual host of its own (RABBITMQ_VHOST, or the path of RABBITMQ_URL)"
    )
