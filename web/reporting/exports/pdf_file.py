"""A report as a PDF: A4 pages with a header, a table and page numbers, drawn row by row."""

import zlib
from io import BytesIO
from itertools import islice
from typing import Final

from django.utils.translation import pgettext
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFStream
from reportlab.pdfgen.canvas import Canvas

from postroom.web.reporting.exports.pdf_text import (
    BOLD,
    REGULAR,
    SIGN,
    cell_text,
    draw,
    fitted,
    register_fonts,
    showable,
    text_width,
)
from postroom.web.reporting.report import ColumnKind, Report, Row

_WIDTH, _HEIGHT = landscape(A4)
_MARGIN: Final = 14 * mm
_LINE: Final = 5.4 * mm
_SIZE: Final = 8.5
_TOP: Final = _HEIGHT - 32 * mm  # of the table's header line
_ROWS: Final = int((_TOP - 16 * mm) / _LINE) - 1
_PAD: Final = 1.5 * mm
_INK, _QUIET, _SHADE = HexColor("#1f2933"), HexColor("#66707c"), HexColor("#f3f6fa")
_HEAD, _ACCENT = HexColor("#e3eaf5"), HexColor("#1f5fbf")


def write_pdf(report: Report) -> bytes:
    """Pages of up to `_ROWS` rows; text too long for its column ends in an ellipsis.

    Letters that the fonts lack become a sign, which the page explains; `report.unshown` then has
    their scripts.
    """
    register_fonts()
    content = BytesIO()
    page = Canvas(content, pagesize=(_WIDTH, _HEIGHT))
    page.setPageCallBack(lambda _number: _compress_last_page(page))
    page.setTitle(f"{report.title}, {report.period}")
    page.setAuthor("Postroom")
    page.setCreator("Postroom")
    page.setSubject(report.summary.headline)
    pages = max(1, -(-report.count // _ROWS))
    rows = iter(report.rows)
    number = 0
    # Rows may have been added since they were counted: continue until there are none.
    while (chunk := list(islice(rows, _ROWS))) or number == 0:
        number += 1
        signs = _draw_table(page, report, chunk)
        signs |= _draw_frame(page, report, number, max(pages, number))
        _draw_note(page, signs)
        report.unshown.update(signs)
        page.showPage()
    page.save()
    return content.getvalue()


def _compress_last_page(page: Canvas) -> None:
    """Compress a page before the next: reportlab would keep all pages as text until it saves."""
    last = page._doc.Pages.pages[-1]
    flate = PDFDictionary({"Filter": PDFName("FlateDecode")})
    last.Contents = PDFStream(flate, zlib.compress(last.stream.encode()))
    last.stream = None


def _draw_frame(page: Canvas, report: Report, number: int, pages: int) -> frozenset[str]:
    title, no_title = showable(report.title)
    period, no_period = showable(report.period)
    headline, no_headline = showable(report.summary.headline)
    page.setFillColor(_ACCENT)
    page.rect(0, _HEIGHT - 2 * mm, _WIDTH, 2 * mm, stroke=0, fill=1)
    page.setFillColor(_INK)
    draw(page, _MARGIN, _HEIGHT - 14 * mm, title, BOLD, 14)
    page.setFillColor(_QUIET)
    page.setFont(REGULAR, 9)
    page.drawRightString(_WIDTH - _MARGIN, _HEIGHT - 14 * mm, period)
    if number == 1:
        text = fitted(headline, REGULAR, 9, _WIDTH - 2 * _MARGIN)
        draw(page, _MARGIN, _HEIGHT - 20 * mm, text, REGULAR, 9)
        page.setFont(REGULAR, 9)
    page.drawString(_MARGIN, 8 * mm, _say("Made on %(day)s", day=report.day))
    page.drawRightString(
        _WIDTH - _MARGIN, 8 * mm, _say("Page %(number)s of %(pages)s", number=number, pages=pages)
    )
    return no_title | no_period | (no_headline if number == 1 else frozenset())


def _say(phrase: str, **values: object) -> str:
    return pgettext("report file", phrase) % values


def _draw_note(page: Canvas, scripts: frozenset[str]) -> None:
    """Under the table of a page with signs: what they stand for."""
    if scripts:
        page.setFillColor(_QUIET)
        page.setFont(REGULAR, _SIZE)
        text = _say(
            "%(sign)s: letters that this file cannot show. The report as CSV or XLSX has them.",
            sign=SIGN,
        )
        page.drawCentredString(_WIDTH / 2, 8 * mm, text)


def _draw_table(page: Canvas, report: Report, rows: list[Row]) -> frozenset[str]:
    """Draw the rows; returns the scripts that could not be shown."""
    edges = _edges(report)
    unshown: set[str] = set()
    _draw_band(page, _TOP, _HEAD)
    page.setFillColor(_INK)
    for place, column in enumerate(report.columns):
        text, scripts = showable(column.title)
        unshown |= scripts
        _draw_cell(page, text, BOLD, _TOP, edges[place : place + 2], column.kind)
    if not rows:
        page.setFont(REGULAR, _SIZE)
        page.drawString(_MARGIN + _PAD, _TOP - _LINE, _say("No data for this period."))
    for line, row in enumerate(rows, start=1):
        top = _TOP - line * _LINE
        if line % 2 == 0:
            _draw_band(page, top, _SHADE)
        page.setFillColor(_INK)
        for place, (column, value) in enumerate(zip(report.columns, row, strict=True)):
            text, scripts = showable(cell_text(value, column.kind))
            unshown |= scripts
            _draw_cell(page, text, REGULAR, top, edges[place : place + 2], column.kind)
    return frozenset(unshown)


def _edges(report: Report) -> list[float]:
    """The left and right edges of the columns, in points."""
    unit = (_WIDTH - 2 * _MARGIN) / sum(column.width for column in report.columns)
    edges = [_MARGIN]
    for column in report.columns:
        edges.append(edges[-1] + column.width * unit)
    return edges


def _draw_band(page: Canvas, top: float, colour: HexColor) -> None:
    page.setFillColor(colour)
    page.rect(_MARGIN, top - 1.7 * mm, _WIDTH - 2 * _MARGIN, _LINE, stroke=0, fill=1)


def _draw_cell(
    page: Canvas, text: str, font: str, top: float, edges: list[float], kind: ColumnKind
) -> None:
    left, right = edges[0] + _PAD, edges[1] - _PAD
    text = fitted(text, font, _SIZE, right - left)
    if kind is not ColumnKind.TEXT:
        left = right - text_width(text, font, _SIZE)
    draw(page, left, top, text, font, _SIZE)
