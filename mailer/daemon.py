"""One mailer process: starts the pipeline's threads, keeps leases and heartbeat, stops in order."""

import threading
from collections.abc import Callable
from time import monotonic

from postroom.mailer.attempt import Attempt
from postroom.mailer.broker.consumer import Consumer
from postroom.mailer.broker.inbox import Inbox
from postroom.mailer.circuit import Circuit, CircuitState, Pace
from postroom.mailer.health import HealthServer
from postroom.mailer.heartbeat import HeartbeatSender
from postroom.mailer.metrics import Metrics
from postroom.mailer.pauses import Pauses
from postroom.mailer.pipeline import Pipeline
from postroom.mailer.readiness import Ability
from postroom.mailer.rows.attachments import Files
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.leases import HandOver, Leases
from postroom.mailer.rows.recorder import Recorder
from postroom.mailer.rows.store import Store
from postroom.mailer.settings import MailerSettings
from postroom.mailer.smtp.session import Session
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import Priority
from postroom.shared.telemetry.logs import logger
from postroom.shared.version import VERSION

log = logger(__name__)

STALL_SECONDS = 60.0  # a loop that has not come round for so long is stuck


class Daemon:
    """Builds the parts from settings, runs them, and stops them without losing or repeating."""

    def __init__(self, settings: MailerSettings, *, name: str, health_port: int) -> None:
        self.name = name
        self._settings = settings
        self._leases = Leases(settings.delivery.lease)
        self._metrics = Metrics()
        inbox = Inbox()
        self._consumer = Consumer(settings.broker, inbox, name=name, prefetch=settings.prefetch)
        circuit = Circuit(probe_delay=settings.probe_delay, untried=True)
        # Waited for by the claiming thread, which is taken for stuck after a minute.
        longest = min(30.0, settings.probe_delay * 6)
        pace = Pace(first=settings.probe_delay / 10, longest=longest)
        claims = self._new_store("claims")
        self._ability = Ability(
            claims=claims,
            circuit=circuit,
            prober=Session(settings.smtp),
            consumer=self._consumer,
            alive=self._claims_alive,
        )
        self._pauses = Pauses(self._consumer)
        self._keeper = HeartbeatSender(
            self._new_store("heartbeat"),
            self._leases,
            self._pauses,
            lease_seconds=settings.delivery.lease,
            state=self._state,
        )
        self._hand_over = HandOver(self._leases, self._new_store("hand over"))
        self._recorder = Recorder(self._new_store("records"))
        self._pipeline = Pipeline(
            inbox=inbox,
            claims=claims,
            recorder=self._recorder,
            ability=self._ability,
            pauses=self._pauses,
            leases=self._leases,
            attempt=Attempt(
                renderer=Renderer(settings.template_dirs),
                files=Files(self._new_store("files")),
                hand_over=self._hand_over,
                circuit=circuit,
                pace=pace,
                retry=settings.retry,
                dkim=settings.dkim,
            ),
            pace=pace,
            metrics=self._metrics,
            sessions=[Session(settings.smtp) for _ in range(settings.concurrency)],
            alive=self._claims_alive,
        )
        self._circuit = circuit
        self._claims_seen = monotonic()
        self._threads: dict[str, threading.Thread] = {}
        self._metrics.gauge("in_flight", "E-mails in hand", lambda: len(self._leases))
        self._metrics.gauge("inbox", "Messages waiting for a claim", lambda: len(inbox))
        self._metrics.gauge(
            "smtp_circuit_open",
            "1 while the SMTP server cannot be used",
            lambda: float(circuit.state is not CircuitState.CLOSED),
        )
        self._health = HealthServer(
            settings.health_host,
            health_port,
            alive=self.stalled,
            ready=self.unready,
            metrics=self._metrics,
        )

    def start(self) -> None:
        """Start every thread; returns at once."""
        pipeline = self._pipeline
        self._threads = {
            "record": self._thread("record", _loop_of(pipeline.record_step)),
            "hand over": self._thread("hand over", _loop_of(self._hand_over.answer_step)),
            "send": self._thread("send", _loop_of(pipeline.sending.step)),
            "claim": self._thread("claim", self._claim_loop),
            "keep": self._thread("keep", self._keeper.run),
            "consume": self._thread("consume", self._consumer.run),
        }
        self._health.start()
        log.info("mailer_started", health_port=self._health.port, version=VERSION)

    def stop(self) -> None:
        """Stop taking, finish or give back what is in hand, record, acknowledge, close."""
        log.info("mailer_stopping", in_hand=len(self._leases))
        pipeline, deadline = self._pipeline, monotonic() + self._settings.drain
        self._consumer.stop_taking()
        pipeline.stopping.set()
        self._ability.end()
        self._threads["claim"].join()
        pipeline.sending.end()
        sending = self._threads["send"]
        sending.join(max(0.0, deadline - monotonic()))
        if sending.is_alive():
            log.warning("drain_time_over")
            pipeline.sending.abort()
            sending.join(5)
        self._hand_over.end()
        pipeline.end_recording(patience=max(5.0, deadline - monotonic()))
        self._threads["record"].join()
        self._consumer.close()
        self._keeper.end()
        self._threads["keep"].join()
        self._health.close()
        if not sending.is_alive():
            pipeline.sending.close_sessions()
        self._keeper.say_goodbye()
        log.info("mailer_stopped", in_hand=len(self._leases))

    def stalled(self) -> dict[str, str]:
        """Which thread died or is stuck; empty while all make progress."""
        wrong = {
            name: "the thread has ended"
            for name, thread in self._threads.items()
            if not thread.is_alive()
        }
        seen_at = {
            "claim": self._claims_seen,
            "send": self._pipeline.sending.seen,
            "keep": self._keeper.seen,
            "record": self._recorder.seen,
        }
        for name, seen in seen_at.items():
            if monotonic() - seen > STALL_SECONDS:
                wrong[name] = "no progress for a minute"
        return wrong

    def unready(self) -> dict[str, str]:
        """What keeps mail from flowing; empty when nothing does."""
        wrong = dict(self.stalled())
        if self._ability.database_error:
            wrong["database"] = self._ability.database_error
        if not self._consumer.consuming:
            wrong["rabbitmq"] = self._consumer.last_error or "not consuming"
        if self._circuit.state is not CircuitState.CLOSED:
            wrong["smtp"] = self._circuit.reason
        return wrong

    def _claim_loop(self) -> None:
        while not self._pipeline.stopping.is_set():
            self._claims_alive()
            try:
                self._pipeline.claim_step()
            except Exception:
                # Unexpected, so a bug of ours: keep going, slowly, and say so every time.
                log.exception("claim_step_raised")
                self._pipeline.stopping.wait(1.0)

    def _claims_alive(self) -> None:
        self._claims_seen = monotonic()

    def _state(self) -> str:
        if self._pipeline.stopping.is_set():
            return "stopping"
        if wrong := self.unready():
            return f"waiting: {', '.join(wrong)}"[:20]
        lanes = self._pauses.lanes
        if not lanes:
            return "running"
        return "paused" if len(lanes) == len(Priority) else f"paused: {', '.join(lanes)}"[:20]

    def _new_store(self, purpose: str) -> Store:
        database = Database(
            self._settings.database_url,
            name=f"postroom mailer {purpose}",
            prepared_statements=self._settings.prepared_statements,
        )
        return Store(database, mailer=self.name, lease_seconds=self._settings.delivery.lease)

    def _thread(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread


def _loop_of(step: Callable[[], bool]) -> Callable[[], None]:
    def loop() -> None:
        while True:
            try:
                if not step():
                    return
            except Exception:
                log.exception("step_raised")

    return loop
