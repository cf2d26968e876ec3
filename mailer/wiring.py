"""Builds the parts of one mailer process from its settings and connects them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from postroom.mailer.attempt import Attempt
from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.broker.inbox import Inbox
from postroom.mailer.broker.installation import Installation
from postroom.mailer.circuit import Circuit, CircuitState, Pace
from postroom.mailer.claiming import Claiming
from postroom.mailer.condition import Condition
from postroom.mailer.heartbeat import HeartbeatSender
from postroom.mailer.metrics import Metrics
from postroom.mailer.own_outcomes import MissingTemplates
from postroom.mailer.pauses import Pauses
from postroom.mailer.pipeline import Pipeline
from postroom.mailer.readiness import Readiness
from postroom.mailer.rows.attachments import Files
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.leases import HandOver, Leases
from postroom.mailer.rows.recorder import Recorder
from postroom.mailer.rows.store import Store
from postroom.mailer.sending import Sending
from postroom.mailer.sessions.neighbours import Neighbours
from postroom.mailer.sessions.places import Places
from postroom.mailer.sessions.pool import SessionPool
from postroom.mailer.settings import MailerSettings
from postroom.mailer.smtp.session import Session
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.telemetry.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one mailer process that are started, watched and stopped."""

    circuit: Circuit
    consumer: Consumer
    hand_over: HandOver
    heartbeat: HeartbeatSender
    leases: Leases
    metrics: Metrics
    pauses: Pauses
    pipeline: Pipeline
    readiness: Readiness
    recorder: Recorder
    smtp_server: str  # host:port
    templates: MissingTemplates


def build_parts(
    settings: MailerSettings,
    *,
    name: str,
    alive: Callable[[], None],
    condition: Callable[[], tuple[Condition, float]],
) -> Parts:
    """Every part of the mailer `name`; opens no connection.

    Args:
        alive: called by the claiming thread while a claim or a probe takes long.
        condition: gives what the heartbeat row shows, and for how many seconds it has been so.
    """
    if settings.recipient_rule:
        log.warning("mail_is_limited", rule=settings.recipient_rule.sentence())
    new_store = partial(_store, settings, name)
    metrics = Metrics()
    inbox = Inbox()
    installation = Installation()
    consumer = Consumer(
        settings.broker, inbox, name=name, prefetch=settings.prefetch, installation=installation
    )
    pauses = Pauses(consumer)
    leases = Leases(settings.delivery.lease)
    hand_over = HandOver(leases, new_store("hand over"))
    recorder = Recorder(new_store("records"))
    circuit = Circuit(probe_delay=settings.probe_delay, untried=True)
    pace = _pace(settings)
    claims = new_store("claims")
    server = f"{settings.smtp.host}:{settings.smtp.port}"
    neighbours = Neighbours(new_store("neighbours"), server)
    pool = SessionPool(
        partial(Session, settings.smtp),
        places=Places(settings.concurrency),
        circuit=circuit,
        neighbours=neighbours,
        stand_by=consumer.stand_by,
    )
    attempt = Attempt(
        renderer=_renderer(settings),
        files=Files(new_store("files")),
        hand_over=hand_over,
        circuit=circuit,
        pace=pace,
        retry=settings.retry,
        dkim=settings.dkim,
        feedback_id=settings.feedback_id,
        logo=settings.brand.logo,
        rule=settings.recipient_rule,
    )
    sending = Sending(pool, attempt=attempt, circuit=circuit, metrics=metrics)
    readiness = Readiness(
        claims=claims, circuit=circuit, probe=sending.probe, consumer=consumer, alive=alive
    )
    claiming = Claiming(claims, inbox, pauses, metrics, alive, installation)
    pipeline = Pipeline(
        readiness=readiness,
        claiming=claiming,
        pace=pace,
        leases=leases,
        sending=sending,
        recorder=recorder,
    )
    heartbeat = HeartbeatSender(
        new_store("heartbeat"),
        leases,
        pauses,
        neighbours,
        lease_seconds=settings.delivery.lease,
        condition=condition,
        mail_limit=settings.recipient_rule.sentence(),
    )
    neighbours.changed = heartbeat.soon
    _add_gauges(metrics, leases, inbox, circuit)
    metrics.gauge("smtp_connections", "Open SMTP connections", lambda: pool.working)
    metrics.gauge(
        "smtp_connection_limit",
        "Connections that the SMTP server takes from this mailer, as far as known",
        lambda: pool.capacity,
    )
    metrics.gauge(
        "messages_of_another_installation",
        "Messages of another installation on the same virtual host, given back since the start",
        lambda: claiming.foreign.count,
    )
    return Parts(
        circuit=circuit,
        consumer=consumer,
        hand_over=hand_over,
        heartbeat=heartbeat,
        leases=leases,
        metrics=metrics,
        pauses=pauses,
        pipeline=pipeline,
        readiness=readiness,
        recorder=recorder,
        smtp_server=server,
        templates=attempt.templates,
    )


def _store(settings: MailerSettings, name: str, purpose: str) -> Store:
    """A store with a connection of its own; `purpose` is part of its application_name."""
    database = Database(
        settings.database_url,
        name=f"postroom mailer {purpose}",
        prepared_statements=settings.prepared_statements,
    )
    return Store(database, mailer=name, lease_seconds=settings.delivery.lease)


def _renderer(settings: MailerSettings) -> Renderer:
    return Renderer(
        settings.template_dirs,
        max_bytes=settings.max_rendered_bytes,
        language=settings.language,
        brand=settings.brand,
    )


def _pace(settings: MailerSettings) -> Pace:
    # The claiming thread waits for it, and counts as stuck after a minute.
    longest = min(30.0, settings.probe_delay * 6)
    return Pace(first=settings.probe_delay / 10, longest=longest)


def _add_gauges(metrics: Metrics, leases: Leases, inbox: Inbox, circuit: Circuit) -> None:
    metrics.gauge("in_flight", "E-mails in hand", lambda: len(leases))
    metrics.gauge("inbox", "Messages waiting for a claim", lambda: len(inbox))
    metrics.gauge(
        "smtp_circuit_open",
        "1 while the SMTP server cannot be used",
        lambda: float(circuit.state is not CircuitState.CLOSED),
    )
