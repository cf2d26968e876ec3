"""A report as CSV (RFC 4180) that Excel opens as UTF-8 and without running formulas."""

import csv
from io import BytesIO, TextIOWrapper
from typing import Any

from postroom.web.reporting.report import Report
from postroom.web.spreadsheets import harmless


def write_csv(report: Report) -> bytes:
    """Header and rows in UTF-8, with the byte order mark by which Excel recognises UTF-8.

    Numbers have a decimal point, shares are 0 to 1, dates ISO 8601. Text that a spreadsheet would
    treat as a formula gets an apostrophe in front.
    """
    content = BytesIO()
    text = TextIOWrapper(content, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([column.title for column in report.columns])
    writer.writerows([_cell(value) for value in row] for row in report.rows)
    text.flush()
    return content.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return harmless(value)
    return round(value, 4) if isinstance(value, float) else value
