"""Memory of real processes that build a report for few students and for many."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from dev.keeper import ROOT
from postroom.web.systems.school.models import (
    Student,
    Teacher,
)
from tests.support.reporting.records import refresh_all

FEW = 500
MANY = {"csv": 40_000, "xlsx": 20_000, "pdf": 10_000}  # the slower, the fewer
# A list of 10,000 rows alone takes 7 MiB; two runs of the same process differ by about 1 MiB.
ALLOWANCE = 5 * 1024**2


def fill(students: int) -> None:
    """So many students in all, each with a lesson and two scores."""
    teacher = Teacher.objects.create(name="Tea", subject="Physics")
    with connection.cursor() as cursor:
        for statement in (
            "INSERT INTO postroom_school_student (name, email, year, active)"
            " SELECT 'Student with a name of his own ' || n, '', 1 + n %% 9, true"
            " FROM generate_series(%(from)s, %(to)s) n",
            "INSERT INTO postroom_school_lesson (student_id, teacher_id, date, minutes, attendance)"
            " SELECT id, %(teacher)s, '2026-01-05'::date + (id %% 300)::int, 45, 'attended'"
            " FROM postroom_school_student s"
            " WHERE NOT EXISTS (SELECT 1 FROM postroom_school_lesson WHERE student_id = s.id)",
            "INSERT INTO postroom_school_progress (student_id, teacher_id, date, score)"
            " SELECT id, %(teacher)s, '2026-01-05'::date + n, (id + n) %% 101"
            " FROM postroom_school_student s, generate_series(1, 2) n"
            " WHERE NOT EXISTS (SELECT 1 FROM postroom_school_progress WHERE student_id = s.id)",
        ):
            numbers = {"from": Student.objects.count() + 1, "to": students, "teacher": teacher.pk}
            cursor.execute(statement, numbers)
    refresh_all()


def built(file_format: str, database_url: str) -> dict[str, Any]:
    """What a new process needed to build the student report."""
    command = [sys.executable, "-m", "benchmarks.school_reports", "--step", file_format]
    values = os.environ | {"DATABASE_URL": database_url}
    child = subprocess.run(command, env=values, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(child.stdout)
    return found


@pytest.mark.parametrize("file_format", MANY)
def test_many_students_need_the_memory_of_their_file_and_hardly_more(
    file_format: str, database_url: str
) -> None:
    fill(FEW)
    few = built(file_format, database_url)
    fill(MANY[file_format])
    many = built(file_format, database_url)
    assert many["file"] > 5 * few["file"]
    # Whoever writes a file holds it about three times: its parts, the whole, and a copy.
    assert many["grown"] - few["grown"] < 3 * many["file"] + ALLOWANCE
