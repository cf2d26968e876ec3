"""Everything the dashboard shows, read in a handful of queries."""

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache

from shared.status import Priority
from web.dashboard.charts import Chart, chart
from web.emails import flow
from web.emails.models import Mailer, QueueControl
from web.emails.verdict import judge, reasons
from web.jobs import selectors as jobs

_HOUR: Final = timedelta(hours=1)
_HISTORY_SECONDS: Final = 30  # a week of attempts costs more than all other figures together
_MOST_MAILERS: Final = 50


def context(user: User | AnonymousUser) -> dict[str, Any]:
    """For the page and for the fragment that refreshes it."""
    now, hour = flow.read_flow(), flow.ended_within(_HOUR)
    verdict = judge(now, hour)
    return {
        "flow": now,
        "hour": hour,
        "verdict": verdict.name.lower(),
        "reasons": reasons(now, hour),
        "attention": [(status.value, count) for status, count in now.attention.items()],
        "pauses": list(QueueControl.objects.order_by("lane")),
        "lanes": ["all", *(lane.value for lane in Priority)],
        "charts": _charts(),
        "mailers": _mailers(),
        "running": jobs.running(),
        "upcoming": jobs.upcoming(5),
        "can_pause": user.has_perm("emails.pause_queuecontrol"),
    }


def _charts() -> list[Chart]:
    found: list[Chart] | None = cache.get("dashboard.charts")
    if found is None:
        found = [
            chart("Last hour", "60 min ago", flow.history(timedelta(minutes=1), 60)),
            chart("Last day", "24 h ago", flow.history(timedelta(minutes=30), 48)),
            chart("Last week", "7 days ago", flow.history(timedelta(hours=3), 56)),
        ]
        cache.set("dashboard.charts", found, _HISTORY_SECONDS)
    return found


def _mailers() -> list[dict[str, Any]]:
    silent = flow.silent_mailers()
    return [
        {"row": mailer, "silent": mailer.name in silent}
        for mailer in Mailer.objects.order_by("name")[:_MOST_MAILERS]
    ]
