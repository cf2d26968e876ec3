"""The people and lessons of a made-up school."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient
from postroom.web.systems.school.models import (
    Lesson,
    Progress,
    Student,
    Teacher,
    Tutor,
)

_FIRST: Final = (
    "Ann", "Ben", "Chloé", "Dmitri", "Elif", "Fatima", "Grzegorz", "Hana", "Ivo", "Jørgen",
    "Katharina", "Łukasz", "María", "Nils", "Oksana", "Petr", "Quentin", "Rosa", "Søren", "Zoë",
)  # fmt: skip
_LAST: Final = (
    "Adeyemi", "Brand", "Carter", "Dvořák", "Eriksson", "Fischer", "García", "Horváth", "Ito",
    "Jansen", "Kowalska", "Lee", "Müller", "Novák", "O'Brien", "Papadopoulou", "Quirke", "Rossi",
    "Şahin", "Yavuz",
)  # fmt: skip
_SUBJECTS: Final = ("Mathematics", "English", "Physics", "History", "Music", "Biology")
_WEEKS: Final = 26
_PER_TUTOR, _PER_TEACHER = 25, 40


def make_staff(students: int) -> tuple[list[Tutor], list[Teacher]]:
    """Create enough tutors and teachers for this number of students."""
    tutors = Tutor.objects.bulk_create(
        Tutor(name=_name(n * 7 + 3), email=f"tutor{n}@school.example")
        for n in range(max(1, students // _PER_TUTOR))
    )
    teachers = Teacher.objects.bulk_create(
        Teacher(
            name=_name(n * 11 + 5),
            email=f"teacher{n}@school.example",
            subject=_SUBJECTS[n % len(_SUBJECTS)],
        )
        for n in range(max(len(_SUBJECTS), students // _PER_TEACHER))
    )
    return tutors, teachers


def students(count: int, tutors: Sequence[Tutor], dice: Random) -> Iterator[Student]:
    """Students, one by one, not saved."""
    for n in range(count):
        yield Student(
            name=_name(n),
            email=f"student{n}@school.example",
            year=n % 9 + 1,
            tutor=tutors[n % len(tutors)],
            active=dice.random() > 0.03,
        )


def lessons(
    chunk: Sequence[Student], teachers: Sequence[Teacher], today: date, dice: Random
) -> Iterator[Lesson]:
    """One lesson per week for half a year, not saved; some students miss many."""
    kinds = (Lesson.Attendance.ATTENDED, Lesson.Attendance.MISSED, Lesson.Attendance.CANCELLED)
    for student in chunk:
        misses = 30 if dice.random() < 0.1 else 7
        for week in range(_WEEKS):
            yield Lesson(
                student=student,
                teacher=dice.choice(teachers),
                date=_weekday(today - timedelta(days=7 * week + dice.randrange(7))),
                minutes=dice.choice((30, 45, 60)),
                attendance=dice.choices(kinds, (90 - misses, misses, 4))[0],
            )


def scores(
    chunk: Sequence[Student], teachers: Sequence[Teacher], today: date, dice: Random
) -> Iterator[Progress]:
    """A score every two months, not saved."""
    for student in chunk:
        level = dice.gauss(70, 12)
        for month in range(3):
            yield Progress(
                student=student,
                teacher=dice.choice(teachers),
                date=_weekday(today - timedelta(days=60 * month + 3 + dice.randrange(9))),
                score=min(100, max(0, round(dice.gauss(level, 8)))),
            )


def make_schedules(owner: Any, now: datetime) -> list[ReportSchedule]:
    """Create one schedule of each report, with its owner as the recipient."""
    wanted: list[dict[str, Any]] = [
        {"report_type": "student_report", "frequency": "monthly", "day_of_month": 31,
         "name": "Attendance for the board", "export_format": "xlsx"},
        {"report_type": "tutor_weekly_report", "frequency": "weekly", "day_of_week": 1,
         "name": "Tutors, every Monday", "export_format": "pdf"},
        {"report_type": "teacher_weekly_report", "frequency": "daily", "business_days_only": True,
         "name": "Teachers' hours", "export_format": "csv"},
    ]  # fmt: skip
    made = []
    for fields in wanted:
        schedule = ReportSchedule(created_by=owner, **fields)
        schedule.plan(now)
        schedule.save()
        ReportScheduleRecipient.objects.create(schedule=schedule, user=owner)
        made.append(schedule)
    return made


def _name(n: int) -> str:
    first, last = n % len(_FIRST), (n // len(_FIRST) + n) % len(_LAST)
    number = n // (len(_FIRST) * len(_LAST))
    return f"{_FIRST[first]} {_LAST[last]}" + (f" {number + 1}" if number else "")


def _weekday(day: date) -> date:
    return day - timedelta(days=max(0, day.isoweekday() - 5))
