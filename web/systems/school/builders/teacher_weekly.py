"""The teachers' weekly report: what each teacher taught in the last full week."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Summary
from postroom.web.reporting.weeks import last_full_week, week_in_words
from postroom.web.systems.school import summaries
from postroom.web.systems.school.models.views import TeacherWeek

_CHUNK = 2000
_BARS = 8
_FIELDS = (
    "name", "subject", "students", "lessons", "attended", "missed", "cancelled", "minutes",
    "average_score",
)  # fmt: skip


def _rows(day: date, limit: int | None) -> Iterator[Row]:
    weeks = TeacherWeek.objects.filter(week=last_full_week(day)).order_by("name", "key")
    for *about, minutes, average in weeks.values_list(*_FIELDS)[:limit].iterator(_CHUNK):
        yield (*about, round(minutes / 60, 2), average)


def _summary(day: date) -> Summary:
    all_ = TeacherWeek.objects.filter(week=last_full_week(day)).aggregate(
        teachers=Count("pk"),
        lessons=Sum("lessons", default=0),
        attended=Sum("attended", default=0),
        missed=Sum("missed", default=0),
        cancelled=Sum("cancelled", default=0),
        minutes=Sum("minutes", default=0),
    )
    return summaries.of_teachers(all_, _most_hours(day))


def _most_hours(day: date) -> list[Bar]:
    weeks = TeacherWeek.objects.filter(week=last_full_week(day), minutes__gt=0)
    most = list(weeks.order_by("-minutes", "name")[:_BARS])
    top = max((one.minutes for one in most), default=1)
    return [
        Bar(one.name, round(one.minutes / top * 100), summaries.hours(one.minutes)) for one in most
    ]


REPORT = ReportType(
    name="teacher_weekly_report",
    title="Teachers' weekly report",
    columns=(
        Column("Teacher", ColumnKind.TEXT, 28),
        Column("Subject", ColumnKind.TEXT, 18),
        Column("Students"),
        Column("Lessons"),
        Column("Attended"),
        Column("Missed"),
        Column("Cancelled"),
        Column("Hours taught", width=12),
        Column("Average score", width=13),
    ),
    period=week_in_words,
    rows=_rows,
    count=lambda day: TeacherWeek.objects.filter(week=last_full_week(day)).count(),
    summary=_summary,
)
