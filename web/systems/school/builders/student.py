"""The student report: every active student's lessons, attendance and scores."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Avg, Count, F, Q, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Summary
from postroom.web.reporting.weeks import percent, share
from postroom.web.systems.school import summaries
from postroom.web.systems.school.models.views import StudentSummary, SubjectMonth

_CHUNK = 2000
_FIELDS = (
    "name", "year", "tutor_name", "lessons", "attended", "missed", "average_score", "last_score",
    "last_lesson",
)  # fmt: skip


def _rows(day: date, limit: int | None) -> Iterator[Row]:
    students = StudentSummary.objects.order_by("name", "student_id").values_list(*_FIELDS)[:limit]
    for *about, attended, missed, average, last, lesson in students.iterator(_CHUNK):
        yield (*about, attended, missed, share(attended, attended + missed), average, last, lesson)


def _summary(day: date) -> Summary:
    poor = Q(attended__lt=(F("attended") + F("missed")) * summaries.POOR)
    all_ = StudentSummary.objects.aggregate(
        students=Count("pk"),
        lessons=Sum("lessons", default=0),
        came=Sum("attended", default=0),
        absent=Sum("missed", default=0),
        average=Avg("average_score"),
        poor=Count("pk", filter=poor),
    )
    return summaries.of_students(all_, _months(day))


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
        when = summaries.month(month["month"])
        bars.append(Bar(when, round((rate or 0) * 100), percent(rate)))
    return bars


REPORT = ReportType(
    name="student_report",
    title="Student report",
    columns=(
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
    ),
    period=summaries.as_of,
    rows=_rows,
    count=lambda day: StudentSummary.objects.count(),
    summary=_summary,
)
