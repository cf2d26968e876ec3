"""The tutors' weekly report: how each tutor's students did in the last full week."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Avg, Count, QuerySet, Sum

from postroom.web.reporting.report import Bar, Column, ColumnKind, ReportType, Row, Sees, Summary
from postroom.web.reporting.weeks import last_full_week, number, share, week_in_words
from postroom.web.systems.school import readers, summaries
from postroom.web.systems.school.models.views import TutorWeek

_CHUNK = 2000
_BARS = 8
_FIELDS = ("name", "students", "lessons", "attended", "missed", "average_score")
_COLUMNS = (
    Column("Tutor", ColumnKind.TEXT, 30),
    Column("Students"),
    Column("Lessons"),
    Column("Attended"),
    Column("Missed"),
    Column("Attendance", ColumnKind.PERCENT, 11),
    Column("Average score", width=13),
)
_Weeks = Callable[[date], QuerySet[TutorWeek]]  # takes the Monday


def _rows(weeks: QuerySet[TutorWeek], limit: int | None) -> Iterator[Row]:
    found = weeks.order_by("name", "key").values_list(*_FIELDS)[:limit]
    for *about, attended, missed, average in found.iterator(_CHUNK):
        yield (*about, attended, missed, share(attended, attended + missed), average)


def _summary(weeks: QuerySet[TutorWeek]) -> Summary:
    all_ = weeks.aggregate(
        tutors=Count("pk"),
        students=Sum("students", default=0),
        lessons=Sum("lessons", default=0),
        attended=Sum("attended", default=0),
        missed=Sum("missed", default=0),
        average=Avg("average_score"),
    )
    return summaries.of_tutors(all_, _most_missed(weeks))


def _most_missed(weeks: QuerySet[TutorWeek]) -> list[Bar]:
    worst = list(weeks.filter(missed__gt=0).order_by("-missed", "name")[:_BARS])
    most = max((one.missed for one in worst), default=1)
    return [Bar(one.name, round(one.missed / most * 100), number(one.missed)) for one in worst]


def _seen(user: Any) -> ReportType | Sees:
    if readers.sees_all(user):
        return Sees.ALL
    own = readers.tutors(user)
    if not own:
        return Sees.NOTHING
    return _type(lambda week: _of_week(week).filter(key__in=[f"{pk}:{week}" for pk in own]))


def _of_week(week: date) -> QuerySet[TutorWeek]:
    return TutorWeek.objects.filter(week=week)


def _type(weeks: _Weeks) -> ReportType:
    def of(day: date) -> QuerySet[TutorWeek]:
        return weeks(last_full_week(day))

    return ReportType(
        name="tutor_weekly_report",
        title="Tutors' weekly report",
        columns=_COLUMNS,
        period=week_in_words,
        rows=lambda day, limit: _rows(of(day), limit),
        count=lambda day: of(day).count(),
        summary=lambda day: _summary(of(day)),
    )


REPORT = replace(_type(_of_week), readers=_seen, schedulers=readers.teaches)
