"""One mailer process: starts the threads, watches their progress, stops them in order."""

import threading
from collections.abc import Callable
from time import monotonic

from postroom.mailer.circuit import CircuitState
from postroom.mailer.condition import Condition, ConditionWatch
from postroom.mailer.health import HealthServer
from postroom.mailer.settings import MailerSettings
from postroom.mailer.wiring import build_parts
from postroom.shared.telemetry.logs import logger
from postroom.shared.version import VERSION

log = logger(__name__)

STALL_SECONDS = 60.0  # a loop without progress for so long is stuck


class Daemon:
    """Runs the parts of a mailer, and stops them without losing or repeating an e-mail."""

    def __init__(self, settings: MailerSettings, *, name: str, health_port: int) -> None:
        self._drain = settings.drain
        self._parts = build_parts(
            settings, name=name, alive=self._claims_alive, condition=self._condition
        )
        self._watch = ConditionWatch(self._parts, self.stalled)
        self._claims_seen = monotonic()
        self._threads: dict[str, threading.Thread] = {}
        self._health = HealthServer(
            settings.health_host,
            health_port,
            alive=self.stalled,
            ready=self.unready,
            metrics=self._parts.metrics,
        )

    def start(self) -> None:
        """Start every thread; returns at once."""
        parts, pipeline = self._parts, self._parts.pipeline
        self._threads = {
            "record": _thread("record", _loop_of(pipeline.record_step)),
            "hand over": _thread("hand over", _loop_of(parts.hand_over.answer_step)),
            "send": _thread("send", _loop_of(pipeline.sending.step)),
            "claim": _thread("claim", self._claim_loop),
            "keep": _thread("keep", parts.heartbeat.run),
            "consume": _thread("consume", parts.consumer.run),
        }
        self._health.start()
        log.info("mailer_started", health_port=self._health.port, version=VERSION)

    def stop(self) -> None:
        """Stop taking, finish or give back what is in hand, record, acknowledge, close."""
        parts, pipeline = self._parts, self._parts.pipeline
        log.info("mailer_stopping", in_hand=len(parts.leases))
        deadline = monotonic() + self._drain
        parts.consumer.stop_taking()
        pipeline.stopping.set()
        self._threads["claim"].join()
        pipeline.sending.end()
        sending = self._threads["send"]
        sending.join(max(0.0, deadline - monotonic()))
        if sending.is_alive():
            log.warning("drain_time_over")
            pipeline.sending.abort()
            sending.join(5)
        parts.hand_over.end()
        pipeline.end_recording(patience=max(5.0, deadline - monotonic()))
        self._threads["record"].join()
        parts.consumer.close()
        parts.heartbeat.end()
        self._threads["keep"].join()
        self._health.close()
        if not sending.is_alive():
            pipeline.sending.close_sessions()
        parts.heartbeat.say_goodbye()
        log.info("mailer_stopped", in_hand=len(parts.leases))

    def stalled(self) -> dict[str, str]:
        """What is wrong, by thread that has ended or is stuck; empty while all make progress."""
        wrong = {
            name: "the thread has ended"
            for name, thread in self._threads.items()
            if not thread.is_alive()
        }
        seen_at = {
            "claim": self._claims_seen,
            "send": self._parts.pipeline.sending.seen,
            "keep": self._parts.heartbeat.seen,
            "record": self._parts.recorder.seen,
        }
        for name, seen in seen_at.items():
            if monotonic() - seen > STALL_SECONDS:
                wrong[name] = "no progress for a minute"
        return wrong

    def unready(self) -> dict[str, str]:
        """What keeps the mailer from sending, by part; empty when nothing does."""
        parts = self._parts
        wrong = dict(self.stalled())
        if parts.readiness.database_error:
            wrong["database"] = parts.readiness.database_error
        if not (parts.consumer.consuming or parts.consumer.held):
            wrong["rabbitmq"] = parts.consumer.last_error or "not consuming"
        if parts.circuit.state is not CircuitState.CLOSED:
            wrong["smtp"] = parts.circuit.reason
        return wrong

    def _claim_loop(self) -> None:
        pipeline = self._parts.pipeline
        while not pipeline.stopping.is_set():
            self._claims_alive()
            try:
                pipeline.claim_step()
            except Exception:
                # Unexpected, so a bug of ours: keep going, slowly, and log it every time.
                log.exception("claim_step_raised")
                pipeline.stopping.wait(1.0)

    def _claims_alive(self) -> None:
        self._claims_seen = monotonic()

    def _condition(self) -> tuple[Condition, float]:
        return self._watch.now(), self._watch.seconds


def _thread(name: str, target: Callable[[], None]) -> threading.Thread:
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
