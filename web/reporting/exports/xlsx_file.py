"""A report as an Excel workbook: typed cells, a frozen header, a sheet with the summary."""

from datetime import date
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from django.utils.translation import pgettext

from postroom.web.reporting.report import ColumnKind, Report
from postroom.web.spreadsheets import is_formula

# With "#,##0.##" Excel would show a whole number as "49.".
_FRACTION: Final = {"num_format": "#,##0.0#"}
_FORMATS: Final = {
    ColumnKind.PERCENT: {"num_format": "0.0%"},
    ColumnKind.DATE: {"num_format": "yyyy-mm-dd", "align": "left"},
    ColumnKind.NUMBER: {"num_format": "#,##0"},
}


def write_xlsx(report: Report) -> bytes:
    """A workbook with the sheets Report and Summary; rows go to disk as they are read."""
    content = BytesIO()
    # constant_memory: one row in memory, however many there are.
    with xlsxwriter.Workbook(content, {"constant_memory": True}) as book:
        book.set_properties({"title": f"{report.title}, {report.period}"})
        _write_rows(book, report)
        _write_summary(book, report)
    return content.getvalue()


def _write_rows(book: Any, report: Report) -> None:
    sheet = book.add_worksheet("Report")
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF7", "text_wrap": True})
    formats = {kind: book.add_format(style) for kind, style in _FORMATS.items()}
    fraction = book.add_format(_FRACTION)
    # As if typed with an apostrophe: it stays text when somebody edits the cell.
    quoted = book.add_format({"quote_prefix": True})
    for place, column in enumerate(report.columns):
        sheet.set_column(place, place, column.width + 2)
        sheet.write_string(0, place, column.title, head)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    last = 0
    for last, row in enumerate(report.rows, start=1):
        for place, (column, value) in enumerate(zip(report.columns, row, strict=True)):
            whole = column.kind is not ColumnKind.NUMBER or isinstance(value, int)
            style = formats.get(column.kind) if whole else fraction
            if isinstance(value, str):
                style = quoted if is_formula(value) else None
            _write_cell(sheet, (last, place), value, style)
    sheet.autofilter(0, 0, last, len(report.columns) - 1)


def _write_cell(sheet: Any, place: tuple[int, int], value: Any, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        # Never `write`: it treats text that begins with "=" as a formula.
        sheet.write_string(*place, value[:32_767], style)
    elif isinstance(value, date):
        sheet.write_datetime(*place, value, style)
    else:
        sheet.write_number(*place, value, style)


def _write_summary(book: Any, report: Report) -> None:
    sheet = book.add_worksheet(pgettext("report file", "Summary"))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 16)
    sheet.write_string(0, 0, f"{report.title}, {report.period}", book.add_format({"bold": True}))
    for line, (name, value) in enumerate(report.summary.facts, start=2):
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, value)
