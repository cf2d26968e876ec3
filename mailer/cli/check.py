"""`postroom-mailer check` and `topology`: do database, RabbitMQ and SMTP server work?"""

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from postroom.mailer.coroutines import finish
from postroom.mailer.errors import CheckFailedError, SmtpUnavailableError
from postroom.mailer.settings import MailerSettings
from postroom.mailer.smtp.session import Session
from postroom.shared.broker import amqp
from postroom.shared.broker import topology as queues
from postroom.shared.database_url import place
from postroom.shared.telemetry.masking import mask_passwords

_TABLES = "SELECT count(*) FROM pg_tables WHERE tablename = 'postroom_emailqueue'"


def everything(settings: MailerSettings) -> int:
    """Check all three, one line each; exit status 0 when all work."""
    checks: dict[str, Callable[[MailerSettings], str]] = {
        "database": _database,
        "RabbitMQ": _broker,
        "SMTP": _smtp,
    }
    failed = False
    for name, check in checks.items():
        try:
            sys.stdout.write(f"ok    {name}: {check(settings)}\n")
        except CheckFailedError as problem:
            failed = True
            sys.stdout.write(f"FAIL  {name}: {problem}\n")
    return int(failed)


def topology(settings: MailerSettings, *, apply: bool) -> int:
    """Declare exchange and queues, or compare them; exit status 0 when they are as declared."""
    try:
        connection = amqp.connect(settings.broker, name="postroom topology")
        try:
            # Declaring compares: RabbitMQ refuses (406) what exists with other arguments. A check
            # first makes sure that everything exists, so that it creates nothing.
            if not apply:
                queues.verify(connection.channel())
            queues.declare(connection.channel())
        finally:
            connection.abort()
    except queues.TopologyMismatchError as error:
        sys.stdout.write(f"FAIL  {error}\n")
        return 1
    except Exception as error:  # noqa: BLE001 - reported in one line
        sys.stdout.write(f"FAIL  RabbitMQ: {amqp.describe(error)}\n")
        return 1
    names = ", ".join([*queues.QUEUES.values(), queues.DEAD_QUEUE])
    sys.stdout.write(f"ok    exchange {queues.EXCHANGE} and queues {names}\n")
    return 0


def _database(settings: MailerSettings) -> str:
    try:
        with psycopg.connect(settings.database_url, connect_timeout=5) as connection:
            row = connection.execute(_TABLES).fetchone()
    except psycopg.Error as error:
        text = " ".join(mask_passwords(str(error)).split())
        raise CheckFailedError(f"{text} (see DATABASE_URL)") from error
    if not row or not row[0]:
        raise CheckFailedError(
            "the table postroom_emailqueue is missing; run: python manage.py migrate"
        )
    parts = {key: str(value) for key, value in conninfo_to_dict(settings.database_url).items()}
    return f"{place(parts)}, tables exist"


def _broker(settings: MailerSettings) -> str:
    try:
        connection = amqp.connect(settings.broker, name="postroom check")
        try:
            queues.verify(connection.channel())
        finally:
            connection.abort()
    except queues.TopologyMismatchError as error:
        if settings.broker.verify_topology:
            raise CheckFailedError(str(error)) from error
        return f"{_hosts(settings)}; queues will be declared at the start"
    except Exception as error:
        raise CheckFailedError(
            f"{amqp.describe(error)} (see RABBITMQ_URL or RABBITMQ_HOST)"
        ) from error
    return f"{_hosts(settings)}, exchange and queues exist"


def _smtp(settings: MailerSettings) -> str:
    smtp = settings.smtp
    session = Session(smtp)
    try:
        finish(session.probe())
    except SmtpUnavailableError as trouble:
        advice = (
            "see EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS and EMAIL_USE_SSL"
            if trouble.configuration
            else "see EMAIL_HOST and EMAIL_PORT, and whether the server runs"
        )
        raise CheckFailedError(f"{trouble.error} ({advice})") from trouble
    finally:
        finish(session.close())
    login = f", logged in as {smtp.username}" if smtp.username else ""
    return f"{smtp.host}:{smtp.port}{login}"


def _hosts(settings: MailerSettings) -> str:
    return " or ".join(map(_where, settings.broker.urls))


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 'default port'}{parts.path}"
