"""A small school and report schedules, as tests need them."""

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.management import call_command

from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import (
    ReportSchedule,
    ReportScheduleExecution,
    ReportScheduleRecipient,
)
from postroom.web.systems.school import materialised
from postroom.web.systems.school.models import (
    Lesson,
    Progress,
    Student,
    Teacher,
    Tutor,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
SITE = "https://reports.example.org"


def make_user(name: str = "ann", *, sees_all: bool = True, **fields: Any) -> User:
    """A user; with `sees_all` one to whom the reports show the whole school."""
    email = fields.pop("email", f"{name}@example.org")
    user = User.objects.create_user(name, email, **fields)
    if sees_all:
        user.user_permissions.add(Permission.objects.get(codename="view_student"))
    return user


def make_schedule(owner: User | None = None, *, due: datetime | None = NOON, **fields: Any) -> Any:
    """A daily schedule that is due at `due`."""
    values = {
        "name": "Board",
        "report_type": "student_report",
        "frequency": "daily",
        "time": time(12),
    }
    owner = owner or User.objects.filter(username="owner").first() or make_user("owner")
    return ReportSchedule.objects.create(created_by=owner, next_scheduled=due, **values | fields)


def subscribe(schedule: ReportSchedule, *names: str) -> list[ReportScheduleRecipient]:
    """Recipients, each a new user unless there is one."""
    users = [User.objects.filter(username=name).first() or make_user(name) for name in names]
    return [subscriptions.add(schedule, user) for user in users]


def make_school() -> None:
    """Two students (one named like a formula), one inactive; lessons and scores in two weeks."""
    tutor = Tutor.objects.create(name="Tom Łukasz")
    teacher = Teacher.objects.create(name="Tea Brand", subject="Physics")
    formula = Student.objects.create(name='=HYPERLINK("x")', year=2, tutor=tutor)
    zoe = Student.objects.create(name="Zoë Müller", year=9)
    gone = Student.objects.create(name="Gone Student", year=1, tutor=tutor, active=False)
    for student, day, attendance in (
        (formula, date(2026, 11, 16), "attended"),
        (formula, date(2026, 11, 17), "missed"),
        (formula, date(2026, 11, 18), "cancelled"),
        (formula, date(2026, 11, 9), "attended"),
        (zoe, date(2026, 11, 20), "attended"),
        (gone, date(2026, 11, 20), "attended"),
    ):
        Lesson.objects.create(
            student=student, teacher=teacher, date=day, attendance=attendance, minutes=45
        )
    for day, score in ((date(2026, 11, 2), 60), (date(2026, 11, 16), 71)):
        Progress.objects.create(student=formula, teacher=teacher, date=day, score=score)
    refresh_all()


def refresh_all() -> None:
    for view in materialised.VIEWS:
        materialised.refresh(view)


def run_reports(
    now: datetime = NOON, *arguments: str, name: str = "execute_scheduled_reports"
) -> str:
    """What the job prints at `now`."""
    out = StringIO()
    call_command(name, *arguments, now=now, stdout=out)
    return out.getvalue()


def executions() -> list[Any]:
    """All executions with their counts, oldest first."""
    return list(ReportScheduleExecution.objects.with_outcome().order_by("pk"))


HOUR = timedelta(hours=1)
