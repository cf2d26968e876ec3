"""Ten thousand rows: what is held in memory does not grow with them."""

import tracemalloc
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from postroom.web.reporting import exports, registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.report import Column, ColumnKind, Report, Summary
from postroom.web.systems.school.models import (
    Student,
)
from tests.support.reporting.records import refresh_all

ROWS = 10_000
DAY = date(2026, 11, 23)
COLUMNS = (
    Column("Name", ColumnKind.TEXT, 30),
    Column("Number"),
    Column("Share", ColumnKind.PERCENT),
)


def made_up(rows: int) -> Iterator[tuple[str, int, float]]:
    for n in range(rows):
        yield f"Person number {n} of many", n, n / rows


def held(file_format: Format, rows: int) -> tuple[int, int]:
    """Most bytes held while the file is made, without the file itself; the file's size."""
    report = Report("Many", "", DAY, COLUMNS, made_up(rows), rows, Summary(""))
    tracemalloc.start()
    try:
        _, content, _ = exports.export(report, file_format)
        return tracemalloc.get_traced_memory()[1] - len(content), len(content)
    finally:
        tracemalloc.stop()


# Drawing under tracemalloc is slow: fewer rows for the PDF.
@pytest.mark.parametrize(("file_format", "rows"), [("csv", ROWS), ("xlsx", ROWS), ("pdf", 3000)])
def test_writing_a_file_holds_copies_of_the_file_and_no_list_of_rows(
    file_format: str, rows: int
) -> None:
    kind = Format(file_format)
    held(kind, 10)  # fonts and caches are made once
    (small, _), (large, size) = held(kind, rows // 10), held(kind, rows)
    # A list of all rows takes 3 MB for 10,000.
    assert large - small < 3 * size + 1_000_000


@pytest.mark.django_db
def test_ten_thousand_students_are_read_a_chunk_at_a_time() -> None:
    Student.objects.bulk_create(Student(name=f"Student {n:05}", year=1) for n in range(ROWS))
    refresh_all()
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        report = registry.build("student_report", DAY)
        assert sum(1 for _ in report.rows) == report.count == ROWS
    assert len(captured) < 15
