"""Each reader gets what concerns them, whoever owns the schedule."""

from datetime import date
from typing import Any

import pytest

from postroom.web.reporting import errors, manual_runs, registry
from postroom.web.systems.school.models import Lesson, Student, Teacher, Tutor
from tests.support.job_runs import queued, recipients
from tests.support.reporting.records import (
    NOON,
    SITE,
    executions,
    make_schedule,
    make_school,
    make_user,
    refresh_all,
    run_reports,
    subscribe,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _school(settings: Any) -> None:
    settings.SITE_URL = SITE
    make_school()
    Tutor.objects.update(email="tom@example.org")
    Teacher.objects.update(email="tea@example.org")
    other = Student.objects.create(name="Other", year=3, tutor=Tutor.objects.create(name="Tim"))
    gym = Teacher.objects.create(name="Gus", subject="Gym")
    Lesson.objects.create(student=other, teacher=gym, date=date(2026, 11, 18))
    refresh_all()


def names(report: str, user: Any) -> list[str]:
    kind = registry.all_types()[report].for_recipient(user)
    if kind is None:
        return []
    rows = [row[0] for row in kind.rows(NOON.date(), None)]
    assert kind.count(NOON.date()) == len(rows)
    return rows


@pytest.mark.parametrize(
    ("name", "students", "tutors", "teachers"),
    [
        ("tom", 1, ["Tom Łukasz"], []),
        ("tea", 2, [], ["Tea Brand"]),
        ("nobody", 0, [], []),
    ],
)
def test_tutors_and_teachers_see_their_own(
    name: str, students: int, tutors: list[str], teachers: list[str]
) -> None:
    user = make_user(name, sees_all=False)
    assert len(names("student_report", user)) == students
    assert names("tutor_weekly_report", user) == tutors
    assert names("teacher_weekly_report", user) == teachers


def test_user_with_the_permission_sees_all() -> None:
    user = make_user("head")
    assert len(names("student_report", user)) == 3
    assert len(names("teacher_weekly_report", user)) == 2


def test_owner_gets_no_other_data_by_way_of_a_schedule() -> None:
    owner = make_user("owner", sees_all=False)
    schedule = make_schedule(owner)
    for name in ("tom", "nobody"):
        make_user(name, sees_all=False)
    subscribe(schedule, "head", "owner", "tom", "nobody")
    run_reports()
    head, tom = queued()
    assert (recipients(head), recipients(tom)) == (["head@example.org"], ["tom@example.org"])
    assert (head.context["rows"], tom.context["rows"]) == (3, 1)
    assert head.attachments.get().blob_id != tom.attachments.get().blob_id
    assert tom.context["summary"]["bars"] == []  # these are the whole school's
    (one,) = executions()
    assert one.rows == 3
    assert one.remarks == "May see nothing of this report: owner, nobody."
    with pytest.raises(errors.TestNotSentError, match="nothing"):
        manual_runs.send_test(schedule, owner, NOON)
