"""What Prometheus learns about the queue, read from the database when it asks."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.emails.operating.queue_figures import Flow, LaneFigures, read_flow

_LANES: Final[tuple[tuple[str, str, Callable[[LaneFigures], float]], ...]] = (
    ("oldest_due_seconds", "How long the oldest due e-mail waits", lambda x: x.oldest_seconds),
    ("unpublished", "Due e-mails that wait for the relay", lambda x: x.unpublished),
    ("published", "E-mails that wait for a mailer", lambda x: x.published),
    ("later", "E-mails whose time has not come", lambda x: x.later),
    ("paused", "1 while an operator holds the lane back", lambda x: x.paused),
)
_WHOLE: Final[tuple[tuple[str, str, Callable[[Flow], float]], ...]] = (
    ("in_flight", "E-mails in the hands of mailers", lambda x: x.in_flight),
    ("dropped", "E-mails whose mailer did not report back in time", lambda x: x.dropped),
    ("mailers", "Mailers with a heartbeat in the last 30 s", lambda x: x.mailers),
)


class QueueCollector(Collector):
    """Three queries a scrape."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: prometheus_client would ask the database while it registers us."""
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
            "postroom_queue_attention", "E-mails that want a person", labels=["status"]
        )
        for status, count in flow.attention.items():
            attention.add_metric([status.value], count)
        yield attention
