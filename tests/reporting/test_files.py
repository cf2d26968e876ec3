"""Report files, opened again by readers and compared with the data."""

import csv
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from postroom.web.reporting import exports, registry
from postroom.web.reporting.formats import Format
from postroom.web.reporting.report import Column, ColumnKind, Report, Summary
from postroom.web.spreadsheets import harmless
from postroom.web.systems.school.models import (
    Student,
)
from tests.support.reporting.records import make_school

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
STUDENT_ROWS = [
    ['=HYPERLINK("x")', 2, "Tom Łukasz", 4, 2, 1, 2 / 3, 65.5, 71, date(2026, 11, 16)],
    ["Zoë Müller", 9, "", 1, 1, 0, 1, None, None, date(2026, 11, 20)],
]
ROWS = {
    "student_report": STUDENT_ROWS,
    "tutor_weekly_report": [["Tom Łukasz", 2, 4, 2, 1, 2 / 3, 71]],
    "teacher_weekly_report": [["Tea Brand", "Physics", 3, 5, 3, 1, 1, 2.25, 71]],
}


def written(name: str, file_format: Format) -> bytes:
    make_school()
    file_name, content, _ = exports.export(registry.build(name, DAY), file_format)
    assert file_name.endswith(f"-2026-11-23.{file_format}")
    return content


@pytest.mark.parametrize("name", ROWS)
def test_csv_reads_back_as_the_data(name: str) -> None:
    content = written(name, Format.CSV)
    assert content.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
    assert header == [column.title for column in registry.all_types()[name].columns]
    assert len(rows) == len(ROWS[name])
    for row, wanted in zip(rows, ROWS[name], strict=True):
        for cell, value in zip(row, wanted, strict=True):
            match value:
                case None:
                    assert cell == ""
                case int() | float():
                    assert float(cell) == pytest.approx(value, abs=0.0001)
                case str() if value.startswith("="):
                    assert cell == f"'{value}"
                case _:
                    assert cell == str(value)


@pytest.mark.parametrize("name", ROWS)
def test_xlsx_reads_back_with_types(name: str) -> None:
    book = openpyxl.load_workbook(BytesIO(written(name, Format.XLSX)))
    sheet = book["Report"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert list(header) == [column.title for column in registry.all_types()[name].columns]
    for row, wanted in zip(rows, ROWS[name], strict=True):
        for cell, value in zip(row, wanted, strict=True):
            if isinstance(value, date):
                assert cell == datetime.combine(value, datetime.min.time())
            elif isinstance(value, int | float):
                assert cell == pytest.approx(value)
            else:
                assert (cell or "") == (value or "")
    shown = {column[0].value: column[1].number_format for column in sheet.columns}
    assert shown["Lessons"] == "#,##0"  # with "#,##0.##" Excel would show 49 as "49."
    assert shown["Average score"] == "#,##0.0#"
    assert sheet.freeze_panes == "A2"
    assert {cell.data_type for cell in sheet["A"]} == {"s"}  # no formula
    assert sheet.column_dimensions["A"].width > 20
    assert book.sheetnames == ["Report", "Summary"]


@pytest.mark.parametrize("name", ROWS)
def test_pdf_has_every_name_a_header_and_page_numbers(name: str) -> None:
    reader = PdfReader(BytesIO(written(name, Format.PDF)))
    text = reader.pages[0].extract_text()
    report = registry.all_types()[name]
    assert report.title in text
    assert report.period(DAY) in text
    assert "Page 1 of 1" in text
    assert reader.metadata is not None
    assert (reader.metadata.creator, reader.metadata.subject) == (
        "Postroom",
        report.summary(DAY).headline,
    )
    for row in ROWS[name]:
        assert str(row[0]) in text


def test_pdf_of_many_rows_repeats_its_header_and_numbers_its_pages() -> None:
    make_school()
    columns = (Column("Name", ColumnKind.TEXT, 30), Column("Number"))
    rows = [(f"Person {n} " + "very long " * 40, n) for n in range(100)]
    report = Report("Many", "now", DAY, columns, iter(rows), 100, Summary("All of them."))
    reader = PdfReader(BytesIO(exports.export(report, Format.PDF)[1]))
    pages = [page.extract_text() for page in reader.pages]
    assert all("Name" in text and f"of {len(pages)}" in text for text in pages)
    assert all(any(f"Person {n} " in text for text in pages) for n in range(100))


NAMES = ["张伟 Zhang Wei", "張學友", "山田さくら", "タワー・テスト", "김민수", "Łukasz Ωmega Иван"]


def test_pdf_has_chinese_japanese_and_korean_letters() -> None:
    columns = (Column("Name", ColumnKind.TEXT, 30), Column("學生", ColumnKind.TEXT))
    rows = [(name, "名" * 200) for name in NAMES]
    report = Report("報告", "now", DAY, columns, iter(rows), len(rows), Summary("全部 of them"))
    (page,) = PdfReader(BytesIO(exports.export(report, Format.PDF)[1])).pages
    text = "".join(page.extract_text().split())
    for words in (*NAMES, "報告", "學生", "全部 of them"):
        assert words.replace(" ", "") in text
    assert 5 < text.count("名") / len(rows) < 40  # cut to its column
    assert text.count("…") == len(rows)


@pytest.mark.parametrize("file_format", list(Format))
@pytest.mark.parametrize("name", ROWS)
def test_reports_of_an_empty_school_can_be_opened(name: str, file_format: Format) -> None:
    from tests.support.reporting.records import refresh_all

    Student.objects.all().delete()
    refresh_all()
    _, content, _ = exports.export(registry.build(name, DAY), file_format)
    match file_format:
        case Format.CSV:
            assert len(content.decode().splitlines()) == 1
        case Format.XLSX:
            assert openpyxl.load_workbook(BytesIO(content))["Report"].max_row == 1
        case Format.PDF:
            assert "No data for this period." in PdfReader(BytesIO(content)).pages[0].extract_text()


@pytest.mark.parametrize("text", ["=1+1", "x;=1", "  =1"])
def test_text_is_never_a_formula(text: str) -> None:
    """Which text is one: tests/site/test_spreadsheets.py."""
    report = Report("T", "", DAY, (Column("A", ColumnKind.TEXT),), iter([(text,)]), 1, Summary(""))
    content = exports.export(report, Format.CSV)[1].decode("utf-8-sig")
    assert list(csv.reader(StringIO(content, newline="")))[1][0] == harmless(text)
    report = replace(report, rows=iter([(text,), ("Ann",)]))
    sheet = openpyxl.load_workbook(BytesIO(exports.export(report, Format.XLSX)[1]))["Report"]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in sheet["A"][1:]] == [
        (text, "s", True),
        ("Ann", "s", False),
    ]


def test_pdf_says_which_letters_it_cannot_show() -> None:
    columns = (Column("Name", ColumnKind.TEXT, 40), Column("Town", ColumnKind.TEXT, 40))
    rows = [
        ("محمد Ali", "Jean\u2011Luc Z\u0065\u0301"),
        ("שרה", "สมชาย"),
        ("ნინო", "Աննա प्रिया"),
    ]
    report = Report("Names", "now", DAY, columns, iter(rows), 3, Summary("All."))
    (page,) = PdfReader(BytesIO(exports.export(report, Format.PDF)[1])).pages
    text = page.extract_text()
    for words in ("[?] Ali", "Jean-Luc Zé", "[?]: letters that this file cannot show."):
        assert words in text
    assert report.unshown == {"Arabic", "Hebrew", "Thai", "Georgian", "Armenian", "Devanagari"}
    latin = Report("Names", "now", DAY, columns, iter([("Ann", "Łódź")]), 1, Summary("All."))
    (page,) = PdfReader(BytesIO(exports.export(latin, Format.PDF)[1])).pages
    assert "[?]" not in page.extract_text()
    assert latin.unshown == set()


def test_files_of_a_german_site_are_in_german(settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"
    make_school()

    def file(file_format: Format) -> bytes:
        report = registry.build("student_report", DAY)
        name, content, _ = exports.export(report, file_format)
        assert name == f"student-report-2026-11-23.{file_format}", "one name in every language"
        return content

    header = next(csv.reader(StringIO(file(Format.CSV).decode("utf-8-sig"))))
    assert header[:4] == ["Schüler", "Klasse", "Betreuer", "Stunden"]
    english = {column.title for column in registry.all_types()["student_report"].columns}
    assert not english & set(header)
    book = openpyxl.load_workbook(BytesIO(file(Format.XLSX)))
    assert book.sheetnames[1] == "Zusammenfassung"
    assert book["Zusammenfassung"]["A1"].value.startswith("Schülerbericht, ")
    [page] = PdfReader(BytesIO(file(Format.PDF))).pages
    text = page.extract_text()
    for words in ("Schülerbericht", "Anwesenheit", "Erstellt am 2026-11-23", "Seite 1 von 1"):
        assert words in text
