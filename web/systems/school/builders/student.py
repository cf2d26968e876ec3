"""The student report: every active student's lessons, attendance and scores."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Avg, Count, F, Q, QuerySet, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Sees, Summary
from postroom.web.reporting.weeks import percent, share
from postroom.web.systems.school import readers, summaries
from postroom.web.systems.school.models.views import StudentSummary, SubjectMonth

_CHUNK = 2000
_FIELDS = (
    "name", "year", "tutor_name", "lessons", "attended", "missed", "average_score", "last_score",
    "last_lesson",
)  # fmt: skip


_COLUMNS = (
    Column("Student", ColumnKind.TEXT, 28),
    Column("Year", width=6),
    Column("Tutor", ColumnKind.TEXT, 24),
    Column("Lessons"),
    Column("Attended"),
    Column("Missed"),
    Column("Attendance", ColumnKind.PERCENT, 11),
    Column("Average score", width=13),
    Column("Last score", width=10),
    Column("Last lesson", ColumnKind.DATE, 12),
)
_Students = Callable[[], QuerySet[StudentSummary]]
_Bars = Callable[[date], list[Bar]]


def _rows(students: _Students, limit: int | None) -> Iterator[Row]:
    rows = students().order_by("name", "student_id").values_list(*_FIELDS)[:limit]
    for *about, attended, missed, average, last, lesson in rows.iterator(_CHUNK):
        yield (*about, attended, missed, share(attended, attended + missed), average, last, lesson)


def _summary(students: _Students, bars: list[Bar]) -> Summary:
    poor = Q(attended__lt=(F("attended") + F("missed")) * summaries.POOR)
    all_ = students().aggregate(
        students=Count("pk"),
        lessons=Sum("lessons", default=0),
        came=Sum("attended", default=0),
        absent=Sum("missed", default=0),
        average=Avg("average_score"),
        poor=Count("pk", filter=poor),
    )
    return summaries.of_students(all_, bars)


def _months(day: date) -> list[Bar]:
    months = (
        SubjectMonth.objects.filter(month__lte=day)
        .values("month")
        .annotate(came=Sum("attended"), held=Sum("lessons"))
        .order_by("-month")[:6]
    )
    bars = []
    for month in reversed(months):
        rate = share(month["came"], month["held"])
        bars.append(Bar(summaries.month(month["month"]), round((rate or 0) * 100), percent(rate)))
    return bars


def _seen(user: Any) -> ReportType | Sees:
    if readers.sees_all(user):
        return Sees.ALL
    own = list(readers.students(user).values_list("pk", flat=True))
    if not own:
        return Sees.NOTHING
    return _type(lambda: StudentSummary.objects.filter(student_id__in=own), lambda day: [])


def _type(students: _Students, bars: _Bars) -> ReportType:
    """The report of these students. `bars`: of the whole school, or none."""
    return ReportType(
        name="student_report",
        title="Student report",
        columns=_COLUMNS,
        period=summaries.as_of,
        rows=lambda day, limit: _rows(students, limit),
        count=lambda day: students().count(),
        summary=lambda day: _summary(students, bars(day)),
    )


REPORT = replace(
    _type(StudentSummary.objects.all, _months), readers=_seen, schedulers=readers.teaches
)
