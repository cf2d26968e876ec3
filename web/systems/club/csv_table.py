"""A CSV table that a spreadsheet opens without running formulas typed by people."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

# What spreadsheets treat as the start of a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8, with the byte order mark that Excel needs."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow(head)
    table.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
