"""A CSV table that a spreadsheet opens without running formulas typed by people."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from postroom.web.spreadsheets import harmless


def csv_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8, with the byte order mark that Excel needs."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow(head)
    table.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    return harmless(value) if isinstance(value, str) else value
