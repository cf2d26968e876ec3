"""Report files as their readers open them, compared with the data."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from postroom.web.reporting.formats import Format
from postroom.web.reporting.report import Column, ColumnKind

Rows = Sequence[Sequence[Any]]


def assert_holds(
    content: bytes, file_format: Format, columns: Sequence[Column], rows: Rows
) -> None:
    """The file has these columns, and all rows in this order."""
    titles = [column.title for column in columns]
    match file_format:
        case Format.CSV:
            header, *found = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
            _assert_same(found, rows)
        case Format.XLSX:
            sheet = openpyxl.load_workbook(BytesIO(content))["Report"]
            header, *cells = [list(row) for row in sheet.iter_rows(values_only=True)]
            _assert_same(cells, rows)
        case Format.PDF:
            pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
            header = titles if all("\n".join(titles) in text for text in pages) else pages
            text = "\n".join(pages)
            printed = [list(map(_printed, row, columns)) for row in rows]
            places = [text.find("\n".join(row)) for row in printed]
            assert -1 not in places
            assert places == sorted(places)
            # And nothing else: on each page title, period, day and number; the headline once.
            lines = len(pages) * (4 + len(columns)) + 1 + sum(len(row) for row in printed)
            assert len([line for line in text.split("\n") if line.strip()]) == lines
    assert header == titles


def _assert_same(found: Rows, rows: Rows) -> None:
    assert len(found) == len(rows)
    for line, row in zip(found, rows, strict=True):
        for cell, value in zip(line, row, strict=True):
            match value:
                case None | "":
                    assert cell in (None, "")
                case int() | float() | Decimal():
                    assert float(cell) == pytest.approx(float(value), abs=0.0001)
                case date():
                    midnight = datetime.combine(value, datetime.min.time())
                    assert cell in (midnight, value.isoformat())
                case _:
                    assert cell == value


def _printed(value: Any, column: Column) -> str:
    match value:
        case None:
            return "-"
        case date():
            return f"{value}"
        case float() if column.kind is ColumnKind.PERCENT:
            return f"{value * 100:.0f}%"
        case float() | Decimal():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"
    return str(value)
