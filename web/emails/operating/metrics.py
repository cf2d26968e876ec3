"""Metrics of the queue for Prometheus, read from the database at each scrape."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.emails.operating.queue_figures import Flow, LaneFigures, read_flow

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
    ("mailers", "Mailers with a heartbeat in the last 30 s", lambda x: x.mailers),
)


class QueueCollector(Collector):
    """The figures of the queue; three queries per scrape."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: prometheus_client would call `collect` while it registers this collector."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures of `postroom.web.emails.operating.queue_figures`, by lane and as a whole."""
        flow = read_flow()
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
