"""The rule of health about reports that could not be built or sent."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import F, OuterRef, Subquery

from postroom.web.emails.operating.health import (
    Alert,
    Figures,
    Finding,
    Limits,
    Rule,
    Verdict,
    finding,
)

FIGURES: Final = "reports"
_KEPT: Final = timedelta(days=7)  # so long a failure is shown, unless a later run ends well
_NAMED: Final = 5


class FailedReport(NamedTuple):
    """A schedule whose last run failed."""

    schedule: str
    error: str
    at: datetime


def read(now: datetime) -> list[FailedReport]:
    """The schedules whose last run failed within a week, newest first; tests do not count."""
    from postroom.web.reporting.models import ReportScheduleExecution

    runs = ReportScheduleExecution.objects.exclude(trigger="test").order_by()
    last = runs.filter(schedule=OuterRef("schedule")).order_by("-pk").values("pk")[:1]
    failed = runs.filter(started_at__gt=now - _KEPT).exclude(error="")
    rows = failed.annotate(last=Subquery(last)).filter(pk=F("last")).order_by("-pk")
    names = rows.values_list("schedule__name", "error", "started_at")
    return [FailedReport(*row) for row in names[: _NAMED + 1]]


def _find(figures: Figures, _: Limits) -> Iterator[Finding]:
    failed: list[FailedReport] = figures.parts.get(FIGURES, [])
    for one in failed[:_NAMED]:
        yield finding(
            Verdict.WARNING,
            f"The report {one.schedule} was not sent: {one.error}",
            since=one.at,
            hurts="Its recipients do not have it.",
            recovers="It is tried again at its next due time.",
            do="Fix the cause, then press Send now on the page of its schedule.",
            place="reports",
        )
    if len(failed) > _NAMED:
        yield finding(Verdict.WARNING, "Further reports were not sent.", place="reports")


RULE: Final = Rule(
    "report_failed",
    "report-failed",
    "a report was not sent",
    _find,
    Alert("PostroomReportFailed", "warning", "A report was not sent", "0s"),
)
