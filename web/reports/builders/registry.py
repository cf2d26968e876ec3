"""The list of report types: each file in this folder has one, called `REPORT`."""

from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path

from postroom.web.reports import analytics
from postroom.web.reports.report import Report, ReportType


@cache
def all_types() -> dict[str, ReportType]:
    """Every report type by its name."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    modules = (import_module(f"postroom.web.reports.builders.{file.stem}") for file in files)
    found = [module.REPORT for module in modules if hasattr(module, "REPORT")]
    return {report.name: report for report in found}


def choices() -> list[tuple[str, str]]:
    """For the schedule's field."""
    return [(report.name, report.title) for report in all_types().values()]


def build(name: str, day: date, *, limit: int | None = None) -> Report:
    """The report `name` made for `day`, of at most `limit` rows.

    Raises:
        KeyError: no such report type.
    """
    kind = all_types()[name]
    count = kind.count(day)
    return Report(
        title=kind.title,
        period=kind.period(day),
        day=day,
        columns=kind.columns,
        rows=kind.rows(day, limit),
        count=count if limit is None else min(count, limit),
        summary=analytics.summary(kind, day),
    )
