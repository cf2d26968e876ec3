"""Prometheus metrics of notices that could not be built."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, Q
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from postroom.web.notifications.models import NoticeFailure
from postroom.web.notifications.registry import all_notices


class NoticeCollector(Collector):
    """One query per scrape. Lists every declared model, even with 0, so an alert sees the first."""

    def describe(self) -> Iterable[Metric]:
        """Nothing, else prometheus_client would query the database when it registers us."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """By model (`app.model`): all recorded failures, and those not sent since."""
        failures = CounterMetricFamily(
            "postroom_notice_failures",
            "Changes saved although their notice could not be built",
            labels=["model"],
        )
        unsent = GaugeMetricFamily(
            "postroom_notice_unsent", "Failed notices not sent since", labels=["model"]
        )
        counts = {notice.model._meta.label_lower: (0, 0) for notice in all_notices()}
        found = NoticeFailure.objects.order_by().values("model")
        for row in found.annotate(all=Count("pk"), unsent=Count("pk", filter=Q(sent_at=None))):
            counts[row["model"]] = (row["all"], row["unsent"])
        for model, (every, still) in sorted(counts.items()):
            failures.add_metric([model], every)
            unsent.add_metric([model], still)
        yield from (failures, unsent)
