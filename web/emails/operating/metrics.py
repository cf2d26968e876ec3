"""Metrics of the queue for Prometheus, read from the database at each scrape."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.emails.operating.health import Health, all_rules, look
from postroom.web.emails.operating.queue_figures import Flow, LaneFigures

_LANES: Final[tuple[tuple[str, str, Callable[[LaneFigures], float]], ...]] = (
    ("oldest_due_seconds", "How long the oldest due e-mail waits", lambda x: x.oldest_seconds),
    ("unpublished", "Due e-mails that wait for the relay", lambda x: x.unpublished),
    ("published", "E-mails that wait for a mailer", lambda x: x.published),
    ("later", "E-mails scheduled for later", lambda x: x.later),
    ("paused", "1 while an operator has paused the lane", lambda x: x.paused),
)
_WHOLE: Final[tuple[tuple[str, str, Callable[[Flow], float]], ...]] = (
    ("in_flight", "E-mails held by mailers", lambda x: x.in_flight),
    ("dropped", "E-mails held by mailers that have stopped responding", lambda x: x.dropped),
    ("mailers", "Mailers with a heartbeat in the last 15 s", lambda x: x.mailers),
)


class QueueCollector(Collector):
    """The figures of the queue, and the verdict of each rule of health; a dozen queries."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: prometheus_client would call `collect` while it registers this collector."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures by lane and as a whole; only the verdicts if there are no figures."""
        found = look()
        yield _verdicts(found)
        if found.figures.database_error:
            return
        flow = found.figures.flow
        for name, text, value in _LANES:
            gauge = GaugeMetricFamily(f"postroom_queue_{name}", text, labels=["lane"])
            for lane in flow.lanes:
                gauge.add_metric([lane.lane.value], value(lane))
            yield gauge
        for name, text, figure in _WHOLE:
            yield GaugeMetricFamily(f"postroom_queue_{name}", text, value=figure(flow))
        attention = GaugeMetricFamily(
            "postroom_queue_attention", "E-mails that need a decision", labels=["status"]
        )
        for status, count in flow.attention.items():
            attention.add_metric([status.value], count)
        yield attention


def _verdicts(found: Health) -> Metric:
    """Of every rule, also of those that find nothing: an alert must see the first finding."""
    worst = dict.fromkeys((rule.name for rule in all_rules()), 0)
    for finding in found.findings:
        worst[finding.rule] = max(worst[finding.rule], int(finding.verdict))
    gauge = GaugeMetricFamily(
        "postroom_health", "Verdict of each rule: 0 OK, 1 warning, 2 critical", labels=["rule"]
    )
    for name, verdict in worst.items():
        gauge.add_metric([name], verdict)
    return gauge
