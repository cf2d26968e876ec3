"""Everything the dashboard shows, read in a few queries."""

from datetime import timedelta
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache

from postroom.shared.status import Priority
from postroom.web.console.charts import Chart, chart
from postroom.web.emails.models import Heartbeat, Mailer, QueueControl
from postroom.web.emails.operating import health, queue_figures

_HISTORY_SECONDS: Final = 30  # cached: see what-speed-costs: charts of the dashboard
_MOST_PROCESSES: Final = 50  # of each kind


def context(user: User | AnonymousUser) -> dict[str, Any]:
    """Context of the page, and of the fragment that refreshes it."""
    found = health.look()
    now, ended = found.figures.flow, found.figures.ended
    return {
        "flow": now,
        "hour": {"sent": ended.sent, "failed": ended.failed + ended.refused},
        "verdict": found.verdict.name.lower(),
        "findings": found.findings,
        "attention": [(status.value, count) for status, count in now.attention.items()],
        "pauses": list(QueueControl.objects.order_by("lane")),
        "lanes": ["all", *(lane.value for lane in Priority)],
        "charts": _charts(),
        "mailers": _mailers(),
        "heartbeats": _heartbeats(),
        "dead_letters": found.figures.broker.dead_letters,
        "jobs": _jobs(),
        "can_pause": user.has_perm("postroom.pause_queuecontrol"),
    }


def _charts() -> list[Chart]:
    found: list[Chart] | None = cache.get("dashboard.charts")
    if found is None:
        found = [
            chart("Last hour", "60 min ago", queue_figures.history(timedelta(minutes=1), 60)),
            chart("Last day", "24 h ago", queue_figures.history(timedelta(minutes=30), 48)),
            chart("Last week", "7 days ago", queue_figures.history(timedelta(hours=3), 56)),
        ]
        cache.set("dashboard.charts", found, _HISTORY_SECONDS)
    return found


def _mailers() -> list[dict[str, Any]]:
    rows = Mailer.objects.annotate(silent=queue_figures.is_silent()).order_by("name")
    return [{"row": row, "silent": row.silent} for row in rows[:_MOST_PROCESSES]]


def _heartbeats() -> list[dict[str, Any]]:
    """Relays and schedulers; one that has not reported lately is *silent*."""
    return [
        {"row": row, "silent": row.silent}
        for row in Heartbeat.objects.annotate(silent=queue_figures.is_silent()).order_by(
            "kind", "name"
        )[: 2 * _MOST_PROCESSES]
    ]


def _jobs() -> dict[str, Any] | None:
    """The running jobs and those that come next; None without the app of jobs."""
    if not apps.is_installed("postroom.web.jobs"):
        return None
    from postroom.web.jobs import selectors  # its models need the app

    return {"running": selectors.running(), "upcoming": selectors.upcoming(5)}
