"""The list of report types: each app registers its own in its `reports.py`."""

from datetime import date
from typing import Any

from postroom.web.letter_words import written_for
from postroom.web.reporting.report import Report, ReportType

_types: dict[str, ReportType] = {}


def register(*types: ReportType) -> None:
    """Add report types to the list; called by an app's `reports.py`.

    Raises:
        ValueError: another type has this name.
    """
    for kind in types:
        if kind.name in _types:
            raise ValueError(f"Two report types are named {kind.name!r}; rename one of them.")
        _types[kind.name] = kind


def all_types() -> dict[str, ReportType]:
    """Every report type by its name."""
    return dict(_types)


def choices() -> list[tuple[str, str]]:
    """The choices of the schedule's field: name and title."""
    return [(report.name, report.title) for report in all_types().values()]


def may_schedule(user: Any) -> bool:
    """Whether a report type lets `user` schedule reports without the permission to."""
    return any(kind.schedulers(user) for kind in _types.values() if kind.schedulers)


@written_for("reports/scheduled")
def build(kind: ReportType | str, day: date, *, limit: int | None = None) -> Report:
    """A report, given by its type or that type's name, made for `day`, of at most `limit` rows.

    Its words are in the language of the e-mail that carries it.

    Raises:
        KeyError: no such report type.
    """
    if isinstance(kind, str):
        kind = all_types()[kind]
    count = kind.count(day)
    return Report(
        title=kind.title,
        period=kind.period(day),
        day=day,
        columns=kind.columns,
        rows=kind.rows(day, limit),
        count=count if limit is None else min(count, limit),
        summary=kind.summary(day),
    )
