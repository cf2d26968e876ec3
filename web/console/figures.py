"""Everything the home page shows besides the health, read in a few queries."""

from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache

from postroom.web.console.charts import RANGES, Chart, RangeOfTime, chart
from postroom.web.emails.models import Heartbeat, Mailer, QueueControl
from postroom.web.emails.operating import console_lists, queue_figures, rabbitmq_state
from postroom.web.emails.operating.console_lists import Period

_HISTORY_SECONDS: Final = {"hour": 5}  # cached: see what-speed-costs: charts of the home page
_LONG_HISTORY_SECONDS: Final = 30
_MOST_PROCESSES: Final = 50  # of each kind
_RECENT: Final = 5  # full minutes, for the rate


@dataclass(frozen=True, slots=True)
class LastHour:
    """Attempts of the last hour, the sums of its chart."""

    sent: int
    failed: int
    per_minute: float

    @property
    def failed_share(self) -> float | None:
        """Percent of the attempts that ended an e-mail; None if none did."""
        ended = self.sent + self.failed
        return round(100 * self.failed / ended, 1) if ended else None


def context(user: User | AnonymousUser, span: str = "hour") -> dict[str, Any]:
    """Context of the home page's figures, with the chart of one of `RANGES`."""
    now = queue_figures.read_flow()
    return {
        "flow": now,
        "hour": last_hour(),
        "attention": [(status.value, count) for status, count in now.attention.items()],
        "decisions": sum(now.attention.values()),
        "pauses": list(QueueControl.objects.order_by("lane")),
        "chart": _chart(RANGES[span]),
        "ranges": list(RANGES.values()),
        "mailers": mailers(),
        "heartbeats": heartbeats(),
        "dead_letters": rabbitmq_state.last_known().dead_letters,
        "jobs": _jobs(user),
        "can_pause": user.has_perm("postroom.pause_queuecontrol"),
    }


def last_hour() -> LastHour:
    """The figures of the last 59 full minutes and the present one."""
    periods = _periods(RANGES["hour"])
    recent = [period.counts["sent"] for period in periods[-1 - _RECENT : -1]]
    return LastHour(
        sent=sum(period.counts["sent"] for period in periods),
        failed=sum(period.counts["failed"] for period in periods),
        per_minute=round(sum(recent) / _RECENT, 1),
    )


def _chart(span: RangeOfTime) -> Chart:
    return chart(span, _periods(span))


def _periods(span: RangeOfTime) -> list[Period]:
    name = f"postroom.console.{span.key}"
    found: list[Period] | None = cache.get(name)
    if found is None:
        found = console_lists.attempts_by_period(span.slot, span.slots)
        cache.set(name, found, _HISTORY_SECONDS.get(span.key, _LONG_HISTORY_SECONDS))
    return found


def mailers() -> list[dict[str, Any]]:
    """The mailers that have reported within a day; one that has not lately is *silent*."""
    rows = Mailer.objects.annotate(silent=queue_figures.is_silent()).order_by("name")
    return [{"row": row, "silent": row.silent} for row in rows[:_MOST_PROCESSES]]


def heartbeats() -> list[dict[str, Any]]:
    """Relays and schedulers; one that has not reported lately is *silent*."""
    return [
        {"row": row, "silent": row.silent}
        for row in Heartbeat.objects.annotate(silent=queue_figures.is_silent()).order_by(
            "kind", "name"
        )[: 2 * _MOST_PROCESSES]
    ]


def _jobs(user: User | AnonymousUser) -> dict[str, Any] | None:
    """The running jobs and those that come next; None without the app, or the right to see them."""
    if not apps.is_installed("postroom.web.jobs"):
        return None
    if not user.has_perm("postroom_jobs.view_scheduledjob"):
        return None
    from postroom.web.jobs import selectors  # its models need the app

    sees_runs = user.has_perm("postroom_jobs.view_jobrun")
    running = selectors.running() if sees_runs else []
    return {"running": running, "upcoming": selectors.upcoming(5)}
