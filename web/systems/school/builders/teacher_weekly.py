"""The teachers' weekly report: what each teacher taught in the last full week."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Sees, Summary
from postroom.web.reporting.weeks import last_full_week, week_in_words
from postroom.web.systems.school import readers, summaries
from postroom.web.systems.school.models.views import TeacherWeek

_CHUNK = 2000
_BARS = 8
_FIELDS = (
    "name", "subject", "students", "lessons", "attended", "missed", "cancelled", "minutes",
    "average_score",
)  # fmt: skip
_COLUMNS = (
    Column("Teacher", ColumnKind.TEXT, 28),
    Column("Subject", ColumnKind.TEXT, 18),
    Column("Students"),
    Column("Lessons"),
    Column("Attended"),
    Column("Missed"),
    Column("Cancelled"),
    Column("Hours taught", width=12),
    Column("Average score", width=13),
)
_Weeks = Callable[[date], QuerySet[TeacherWeek]]  # takes the Monday


def _rows(weeks: QuerySet[TeacherWeek], limit: int | None) -> Iterator[Row]:
    found = weeks.order_by("name", "key").values_list(*_FIELDS)[:limit]
    for *about, minutes, average in found.iterator(_CHUNK):
        yield (*about, round(minutes / 60, 2), average)


def _summary(weeks: QuerySet[TeacherWeek]) -> Summary:
    all_ = weeks.aggregate(
        teachers=Count("pk"),
        lessons=Sum("lessons", default=0),
        attended=Sum("attended", default=0),
        missed=Sum("missed", default=0),
        cancelled=Sum("cancelled", default=0),
        minutes=Sum("minutes", default=0),
    )
    return summaries.of_teachers(all_, _most_hours(weeks))


def _most_hours(weeks: QuerySet[TeacherWeek]) -> list[Bar]:
    most = list(weeks.filter(minutes__gt=0).order_by("-minutes", "name")[:_BARS])
    top = max((one.minutes for one in most), default=1)
    return [
        Bar(one.name, round(one.minutes / top * 100), summaries.hours(one.minutes)) for one in most
    ]


def _seen(user: Any) -> ReportType | Sees:
    if readers.sees_all(user):
        return Sees.ALL
    own = readers.teachers(user)
    if not own:
        return Sees.NOTHING
    return _type(lambda week: _of_week(week).filter(key__in=[f"{pk}:{week}" for pk in own]))


def _of_week(week: date) -> QuerySet[TeacherWeek]:
    return TeacherWeek.objects.filter(week=week)


def _type(weeks: _Weeks) -> ReportType:
    def of(day: date) -> QuerySet[TeacherWeek]:
        return weeks(last_full_week(day))

    return ReportType(
        name="teacher_weekly_report",
        title="Teachers' weekly report",
        columns=_COLUMNS,
        period=week_in_words,
        rows=lambda day, limit: _rows(of(day), limit),
        count=lambda day: of(day).count(),
        summary=lambda day: _summary(of(day)),
    )


REPORT = replace(_type(_of_week), readers=_seen, schedulers=readers.teaches)
