"""`Figures`: everything the rules go by, read in a few queries that use indexes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection

from postroom.shared.env import SettingsError
from postroom.shared.status import Priority, Status
from postroom.web.conf import conf
from postroom.web.emails.operating import queue_figures
from postroom.web.emails.operating.health.ended import Ended
from postroom.web.emails.operating.health.ended import read as read_ended
from postroom.web.emails.operating.health.processes import Process
from postroom.web.emails.operating.health.processes import read as read_processes
from postroom.web.emails.operating.health.rules import words
from postroom.web.emails.operating.health.waiting import Waiting
from postroom.web.emails.operating.health.waiting import read as read_waiting
from postroom.web.emails.operating.queue_figures import ATTENTION, Flow, LaneFigures
from postroom.web.emails.operating.rabbitmq_state import NOT_KNOWN, RabbitMQState

# Of the server or the database: a role that only watches may well be read-only.
_DATABASE: Final = """
SELECT now(), pg_is_in_recovery(),
  setting = 'on' AND source NOT IN ('user', 'database user', 'client')
FROM pg_settings WHERE name = 'default_transaction_read_only'
"""
_PAUSES: Final = "SELECT lane, paused_by, reason, paused_at FROM postroom_queuecontrol ORDER BY 4"
_NO_LANES: Final = tuple(LaneFigures(lane, 0, 0, 0, 0.0, paused=False) for lane in Priority)
NO_FLOW: Final = Flow(_NO_LANES, 0, 0, 0, dict.fromkeys(ATTENTION, 0))


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that an operator has set: of one lane, or of `all`."""

    lane: str
    paused_by: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """The state of everything that mail depends on, at the database's instant `at`.

    Attributes:
        database_error: why the database cannot be queried; then nothing else is known.
        read_only: why the database takes no writes; empty if it does.
        flow: what waits where.
        waiting: the same by type, and until when nothing is given up.
        ended: attempts that ended within the period of the limits, by whose fault.
        processes: mailers, relays, schedulers.
        pauses: set by operators, oldest first.
        broker: what RabbitMQ's management API says.
        not_sent: settings of this site that keep mail from its recipients, in words.
        mail_limit: this site's EMAIL_REDIRECT_ALL_TO or EMAIL_ALLOWED_DOMAINS, in words.
        parts: the figures that other apps have registered, by name.
    """

    at: datetime
    database_error: str = ""
    read_only: str = ""
    flow: Flow = NO_FLOW
    waiting: Waiting = field(default_factory=Waiting)
    ended: Ended = field(default_factory=Ended)
    processes: tuple[Process, ...] = ()
    pauses: tuple[Pause, ...] = ()
    broker: RabbitMQState = NOT_KNOWN
    not_sent: str = ""
    mail_limit: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: str, *, silent: bool = False) -> list[Process]:
        """Processes of a kind that report, or those that have stopped reporting."""
        return [one for one in self.processes if one.kind == kind and one.silent == silent]

    @property
    def headline(self) -> str:
        """The most important figures in one line."""
        if self.database_error:
            return "no figures: the database cannot be queried"
        flow, ended = self.flow, self.ended
        parts = [
            f"oldest due e-mail waits {flow.oldest_seconds:.0f} s",
            f"{flow.due} due ({flow.unpublished} unpublished)",
            f"{flow.in_flight} in flight",
            f"{ended.sent} sent, {ended.failed} failed and {ended.refused} refused by receivers "
            f"within {words.span(ended.within.total_seconds())}",
            f"{flow.attention[Status.UNKNOWN]} unknown",
            words.count_of(len(self.of_kind("mailer")), "mailer", "mailers"),
        ]
        if flow.paused:
            parts.append(f"PAUSED: {', '.join(flow.paused)}")
        return ", ".join(parts)


def read(
    within: timedelta,
    broker: RabbitMQState,
    parts: Mapping[str, Callable[[datetime], Any]],
) -> Figures:
    """The figures now.

    Raises:
        DatabaseError, InterfaceError: PostgreSQL cannot be queried.
    """
    database = read_database()
    with connection.cursor() as cursor:
        cursor.execute(_PAUSES)
        pauses = tuple(Pause(*row) for row in cursor)
    not_sent, mail_limit = _settings()
    return replace(
        database,
        flow=queue_figures.read_flow(),
        waiting=read_waiting(timedelta(seconds=conf.delivery.max_age)),
        ended=read_ended(within),
        processes=read_processes(),
        pauses=pauses,
        broker=broker,
        not_sent=not_sent,
        mail_limit=mail_limit,
        parts={name: figures_of(database.at) for name, figures_of in parts.items()},
    )


def read_database() -> Figures:
    """Only what the rules about the database go by; one query.

    Raises:
        DatabaseError, InterfaceError: PostgreSQL cannot be queried.
    """
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":  # a site that only tries things out
            cursor.execute("SELECT 1")
            return Figures(at=datetime.now(UTC))
        cursor.execute(_DATABASE)
        now, standby, read_only = cursor.fetchone()
    return Figures(at=now, read_only=_why_read_only(standby, read_only))


def unknown(error: str) -> Figures:
    """No figures, as the database cannot be queried."""
    return Figures(at=datetime.now(UTC), database_error=error)


def _why_read_only(standby: bool, read_only: bool) -> str:
    if standby:
        return "it is a standby"
    return "default_transaction_read_only is on" if read_only else ""


def _settings() -> tuple[str, str]:
    """A setting that makes no sense is a sentence too: the pages that show it must still open."""
    try:
        not_sent = "" if conf.send == "queue" else f"SEND is {conf.send!r}"
        return not_sent, conf.recipient_rule.sentence()
    except SettingsError as error:
        return str(error), ""
