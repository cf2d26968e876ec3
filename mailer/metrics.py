"""Metrics of a mailer, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from postroom.mailer.own_outcomes import NO_TEMPLATE
from postroom.mailer.rows.result import Result


class Metrics:
    """Counters of one mailer process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.attempts = Counter(
            "postroom_attempts_total",
            "Attempts by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self.not_ours = Counter(
            "postroom_messages_not_ours_total",
            "Messages acknowledged without a claim: second copies, cancelled or finished e-mails",
            registry=self.registry,
        )
        self.seconds = Histogram(
            "postroom_attempt_seconds",
            "Duration of an attempt",
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600),
            registry=self.registry,
        )
        self.no_template = Counter(
            "postroom_template_missing_total",
            "Attempts put off because this mailer does not have a template",
            registry=self.registry,
        )
        self._outcomes: dict[str, Counter] = {}

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a gauge whose `value` is called at each scrape."""
        Gauge(f"postroom_{name}", text, registry=self.registry).set_function(value)

    def count(self, result: Result) -> None:
        """Count one attempt."""
        outcome = result.decision.attempt_outcome.value
        counter = self._outcomes.get(outcome)
        if counter is None:
            counter = self._outcomes[outcome] = self.attempts.labels(outcome)
        counter.inc()
        self.seconds.observe(result.duration_ms / 1000)
        if not result.decision.counts and result.decision.error.startswith(NO_TEMPLATE):
            self.no_template.inc()

    def text(self) -> bytes:
        """All metrics in the text format of Prometheus."""
        return generate_latest(self.registry)
