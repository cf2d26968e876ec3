"""`postroom-mailer check` and `topology`: do database, RabbitMQ, SMTP and templates work?"""

import sys
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import psycopg

from postroom.mailer.cli import check_templates
from postroom.mailer.cli.check_smtp import check_smtp
from postroom.mailer.errors import CheckFailedError
from postroom.mailer.settings import MailerSettings
from postroom.shared.broker import amqp
from postroom.shared.broker import topology as queues

_TABLES = "SELECT count(*) FROM pg_tables WHERE tablename = 'postroom_emailqueue'"


def everything(settings: MailerSettings, recipient: str = "") -> int:
    """Check them all, one line each; exit status 0 when all work.

    `recipient`: an address that the SMTP server is asked to take; nothing is sent to it.
    """
    checks: dict[str, Callable[[MailerSettings], str]] = {
        "database": _database,
        "RabbitMQ": _broker,
        "SMTP": partial(check_smtp, recipient=recipient),
        "templates": check_templates.templates,
    }
    if settings.dkim:  # its libraries take memory and time, and few use it
        from postroom.mailer.cli.check_dkim import dkim

        checks["DKIM"] = dkim
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
        raise CheckFailedError(f"{' '.join(str(error).split())} (see DATABASE_URL)") from error
    if not row or not row[0]:
        raise CheckFailedError(
            "the table postroom_emailqueue is missing; run: python manage.py migrate"
        )
    return f"{_where(settings.database_url)}, tables exist"


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


def _hosts(settings: MailerSettings) -> str:
    return " or ".join(map(_where, settings.broker.urls))


def _where(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or 'local socket'}:{parts.port or 'default port'}{parts.path}"
