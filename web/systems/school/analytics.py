"""The cache of report summaries: a table that all hosts share, until the views are refreshed."""

from dataclasses import replace
from datetime import date

from django.db import connection
from django.db.models import Max
from django.utils.translation import get_language

from postroom.web.reporting.report import ReportType, Summary
from postroom.web.systems.school.models.analytics import CachedSummary, ViewRefresh


def summary(kind: ReportType, day: date) -> Summary:
    """The summary of a report type for `day`, from the cache, or computed and cached.

    In the active language, which `registry.build` sets.
    """
    key = _key(kind, day)
    kept = CachedSummary.objects.filter(pk=key).values_list("content", flat=True).first()
    if kept is not None:
        return Summary.from_json(kept)
    made = kind.summary(day)
    # In a job's dry run the transaction is read-only.
    if not _read_only():
        CachedSummary.objects.bulk_create(
            [CachedSummary(pk=key, content=made.as_json())], ignore_conflicts=True
        )
    return made


def cached(kind: ReportType) -> ReportType:
    """The same report type, with its summary from the cache."""
    return replace(kind, summary=lambda day: summary(kind, day))


def is_warm(kind: ReportType, day: date) -> bool:
    """Whether the summary is in the cache."""
    return CachedSummary.objects.filter(pk=_key(kind, day)).exists()


def forget_summaries() -> int:
    """Delete every cached summary, for all hosts; returns how many."""
    dropped, _ = CachedSummary.objects.all().delete()
    return dropped


def _key(kind: ReportType, day: date) -> str:
    # With the time of the refresh: numbers read before it must not be cached for after it.
    refreshed = ViewRefresh.objects.aggregate(last=Max("refreshed_at"))["last"]
    stamp = refreshed.timestamp() if refreshed else 0
    return f"{kind.name}:{day}:{get_language() or ''}:{stamp}"


def _read_only() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        answer: tuple[str] = cursor.fetchone()
    return answer == ("on",)
