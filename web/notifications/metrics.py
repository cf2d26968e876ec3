"""What Prometheus learns about notices that could not be built."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, Q
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.notifications.declaration import all_notices
from postroom.web.notifications.models import NoticeFailure


class NoticeCollector(Collector):
    """One query a scrape. Every declared model is told, also with 0: so an alert sees the first."""

    def describe(self) -> Iterable[Metric]:
        """Nothing: prometheus_client would ask the database while it registers us."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """By model (`app.model`): all failures there have been, and those still to be told."""
        failures = CounterMetricFamily(
            "postroom_notice_failures", "Changes kept although not told", labels=["model"]
        )
        untold = GaugeMetricFamily(
            "postroom_notice_untold", "Failed notices not told since", labels=["model"]
        )
        counts = {notice.model._meta.label_lower: (0, 0) for notice in all_notices()}
        found = NoticeFailure.objects.order_by().values("model")
        for row in found.annotate(all=Count("pk"), untold=Count("pk", filter=Q(told_at=None))):
            counts[row["model"]] = (row["all"], row["untold"])
        for model, (every, still) in sorted(counts.items()):
            failures.add_metric([model], every)
            untold.add_metric([model], still)
        yield from (failures, untold)
