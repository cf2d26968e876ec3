"""Writes a report as a file to attach to an e-mail.

Here: one module per file format, which reads a `Report` and knows neither database nor e-mail.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from django.utils.translation import pgettext

from postroom.web.letter_words import written_for
from postroom.web.reporting.exports.csv_file import write_csv
from postroom.web.reporting.exports.pdf_file import write_pdf
from postroom.web.reporting.exports.xlsx_file import write_xlsx
from postroom.web.reporting.formats import Format
from postroom.web.reporting.report import Report

_WRITERS: Final[dict[Format, tuple[Callable[[Report], bytes], str]]] = {
    Format.CSV: (write_csv, "text/csv"),
    Format.XLSX: (
        write_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    Format.PDF: (write_pdf, "application/pdf"),
}


def export(report: Report, file_format: Format) -> tuple[str, bytes, str]:
    """(file name, content, MIME type): what `send_email_task` takes as an attachment.

    Reads the report's rows. The name consists of title and day: `student-report-2026-11-22.csv`, in
    every language. Title and column heads are in the language of the e-mail that carries it, if the
    catalogue of the type's app has them, in the context "report".
    """
    write, mimetype = _WRITERS[file_format]
    title = re.sub(r"[^a-z0-9]+", "-", report.title.lower().replace("'", "")).strip("-")
    with written_for("reports/scheduled"):
        content = write(_in_words(report))
    return f"{title}-{report.day}.{file_format}", content, mimetype


def _in_words(report: Report) -> Report:
    columns = [replace(one, title=pgettext("report", one.title)) for one in report.columns]
    return replace(report, title=pgettext("report", report.title), columns=columns)
