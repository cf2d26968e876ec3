"""Can the mailer use RabbitMQ, and are its queues as they must be?"""

import contextlib
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import pika
import pika.exceptions

from postroom.mailer.cli import check_database
from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import MailerSettings
from postroom.shared.broker import amqp, marker
from postroom.shared.broker import topology as queues
from postroom.shared.broker.callbacks import answered

_ANSWER_SECONDS = 3.0


def check(settings: MailerSettings) -> str:
    """What was found, for people; changes nothing but the mark of this installation.

    Raises:
        CheckFailedError: what does not work, and what to do.
    """
    try:
        connection = amqp.connect(settings.broker, name="postroom check")
        try:
            found = queues.compare(connection)
            short_of = _alarm(connection)
            other = _other_installation(connection, settings)
        finally:
            connection.abort()
    except Exception as error:
        raise CheckFailedError(
            f"{amqp.describe(error)} (see RABBITMQ_URL or RABBITMQ_HOST)"
        ) from error
    problems = list(found.wrong)
    if settings.broker.verify_topology:
        problems += found.missing
    if short_of:
        problems.append(
            f"RabbitMQ is in an alarm ({short_of}) and takes no messages: no mail is sent until it "
            "has more memory or disk"
        )
    if other:
        problems.append(other)
    if problems:
        raise CheckFailedError("; ".join(problems))
    return f"{_hosts(settings)}{_outcome(found)}"


def topology(settings: MailerSettings, *, apply: bool) -> int:
    """Declare exchange and queues, or compare them; exit status 0 when they are as declared."""
    try:
        connection = amqp.connect(settings.broker, name="postroom topology")
        try:
            if apply:
                problems = list(queues.prepare(connection, only_verify=False).values())
            else:
                found = queues.compare(connection)
                problems = [*found.wrong, *found.missing, *found.not_compared]
        finally:
            connection.abort()
    except queues.TopologyMismatchError as error:
        problems = [str(error)]
    except Exception as error:  # noqa: BLE001 - reported in one line
        problems = [f"RabbitMQ: {amqp.describe(error)}"]
    for problem in problems:
        sys.stdout.write(f"FAIL  {problem}\n")
    if problems:
        return 1
    sys.stdout.write(f"ok    exchange {queues.EXCHANGE} and queues {', '.join(_NAMES)}\n")
    return 0


_NAMES = (*queues.QUEUES.values(), queues.DEAD_QUEUE)


def _outcome(found: queues.Compared) -> str:
    if found.missing:
        return "; queues will be declared at the start"
    if found.not_compared:
        return (
            ", exchange and queues exist (this user may not compare their arguments: run "
            "postroom-mailer topology check as a user who may declare)"
        )
    return ", exchange and queues exist"


def _alarm(connection: pika.Connection) -> str:
    """What RabbitMQ is short of; empty if of nothing.

    It says so only to connections that publish, and then reads nothing more from that connection.
    """
    reasons: list[str] = []
    heard = threading.Event()

    def blocked(_connection: Any, frame: Any) -> None:
        reasons.append(str(frame.method.reason))
        heard.set()

    connection.add_on_connection_blocked_callback(answered("blocked", blocked))
    channel = connection.channel()
    channel.basic_publish("", "postroom.check", b"")  # routed nowhere, or refused: both are fine
    try:
        channel.queue_declare(queues.DEAD_QUEUE, passive=True, timeout=_ANSWER_SECONDS)
    except TimeoutError:
        heard.wait(_ANSWER_SECONDS)
        return reasons[0] if reasons else "it does not answer"
    except pika.exceptions.AMQPError:
        pass
    return reasons[0] if reasons else ""


def _other_installation(connection: pika.Connection, settings: MailerSettings) -> str:
    identity, other = check_database.identity(settings), ""
    if identity.ours and connection.is_open and not settings.broker.verify_topology:
        with contextlib.suppress(pika.exceptions.ChannelClosedByBroker):  # it may not declare
            other = marker.mark(connection, identity.ours)
    if not other and identity.mixed:
        other = "its mailers log which"
    return marker.shared_with(other, identity.ours) if other else ""


def _hosts(settings: MailerSettings) -> str:
    return " or ".join(map(_where, settings.broker.urls))


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or 'local socket'}:{parts.port or 'default port'}{parts.path}"
