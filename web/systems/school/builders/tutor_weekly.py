"""The tutors' weekly report: how each tutor's students did in the last full week."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Avg, Count, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Summary
from postroom.web.reporting.weeks import last_full_week, number, share, week_in_words
from postroom.web.systems.school import summaries
from postroom.web.systems.school.models.views import TutorWeek

_CHUNK = 2000
_BARS = 8
_FIELDS = ("name", "students", "lessons", "attended", "missed", "average_score")


def _rows(day: date, limit: int | None) -> Iterator[Row]:
    weeks = TutorWeek.objects.filter(week=last_full_week(day)).order_by("name", "key")
    for *about, attended, missed, average in weeks.values_list(*_FIELDS)[:limit].iterator(_CHUNK):
        yield (*about, attended, missed, share(attended, attended + missed), average)


def _summary(day: date) -> Summary:
    week = TutorWeek.objects.filter(week=last_full_week(day))
    all_ = week.aggregate(
        tutors=Count("pk"),
        students=Sum("students", default=0),
        lessons=Sum("lessons", default=0),
        attended=Sum("attended", default=0),
        missed=Sum("missed", default=0),
        average=Avg("average_score"),
    )
    return summaries.of_tutors(all_, _most_missed(day))


def _most_missed(day: date) -> list[Bar]:
    weeks = TutorWeek.objects.filter(week=last_full_week(day), missed__gt=0)
    worst = list(weeks.order_by("-missed", "name")[:_BARS])
    most = max((one.missed for one in worst), default=1)
    return [Bar(one.name, round(one.missed / most * 100), number(one.missed)) for one in worst]


REPORT = ReportType(
    name="tutor_weekly_report",
    title="Tutors' weekly report",
    columns=(
        Column("Tutor", ColumnKind.TEXT, 30),
        Column("Students"),
        Column("Lessons"),
        Column("Attended"),
        Column("Missed"),
        Column("Attendance", ColumnKind.PERCENT, 11),
        Column("Average score", width=13),
    ),
    period=week_in_words,
    rows=_rows,
    count=lambda day: TutorWeek.objects.filter(week=last_full_week(day)).count(),
    summary=_summary,
)
