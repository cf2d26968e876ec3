"""What keeps PostgreSQL and RabbitMQ from doing their work, for `check_email_queue`.

The database answers for itself. RabbitMQ's alarms are known from its management API, if there is
one, and from the relays: each writes into its heartbeat what it waits for.
"""

from typing import Any, Final

from django.db import connection

from postroom.shared.broker import marker
from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.emails.models import Heartbeat, Mailer
from postroom.web.emails.operating import limits, management_api
from postroom.web.emails.operating.queue_figures import is_silent

log = logger(__name__)

RUNNING: Final = "running"
# Of the server or the database: a role that only watches may well be read-only.
_READ_ONLY: Final = """
SELECT pg_is_in_recovery(), setting = 'on' AND source NOT IN ('user', 'database user', 'client')
FROM pg_settings WHERE name = 'default_transaction_read_only'
"""
_ALARMS: Final = {"mem_alarm": "memory", "disk_free_alarm": "disk space"}


def service_troubles() -> list[str]:
    """Each in one sentence; empty when there is none.

    Raises:
        DatabaseError: PostgreSQL cannot be used.
    """
    return [*_database(), *_alarms(), *_relays(), *_mailers(), *limits.sentences()]


def _database() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_READ_ONLY)
        standby, read_only = cursor.fetchone()
    if standby:
        return ["the database is a standby and takes no writes: no mail is sent"]
    if read_only:
        return ["the database takes no writes (default_transaction_read_only): no mail is sent"]
    return []


def _relays() -> list[str]:
    relays = Heartbeat.objects.filter(kind="relay").exclude(is_silent()).exclude(state=RUNNING)
    return [f"relay {relay.name}: {relay.state}" for relay in relays.order_by("name")]


def _mailers() -> list[str]:
    if not Mailer.objects.filter(state=marker.STATE).exclude(is_silent()).exists():
        return []
    return ["mailers get messages of another installation on the same virtual host: mail is late"]


def _alarms() -> list[str]:
    url = conf.rabbitmq_management_url
    if not url:
        return []
    try:
        nodes: list[dict[str, Any]] = management_api.read(url, conf.broker, "nodes")
        return [
            f"RabbitMQ {node['name']} is short of {what} and takes no messages: no mail is sent"
            for node in nodes
            for alarm, what in _ALARMS.items()
            if node.get(alarm)
        ]
    except Exception as error:  # noqa: BLE001 - mail may flow all the same
        log.warning("management_unavailable", kind=type(error).__name__)
        return []
