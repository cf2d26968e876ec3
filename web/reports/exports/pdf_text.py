"""Text for PDF pages: an embedded font with Latin, Greek and Cyrillic letters, cut to fit."""

from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from font_source_sans_pro import font_directory
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from web.reports.report import Kind
from web.reports.weeks import percent

REGULAR: Final = "SourceSansPro-Regular"
BOLD: Final = "SourceSansPro-Bold"


@cache
def register_fonts() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(Path(font_directory) / f"{name}.ttf")))


def cell_text(value: Any, kind: Kind) -> str:
    """A cell as its reader sees it; a dash for what is not known."""
    match value:
        case None:
            return "-"
        case date():
            return value.isoformat()
        case float() if kind is Kind.PERCENT:
            return percent(value)
        case float() | Decimal():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"
        case _:
            return " ".join(str(value).split())


@lru_cache(maxsize=2000)
def fitted(text: str, font: str, size: float, width: float) -> str:
    """`text`, or its beginning and an ellipsis, so that it is at most `width` points wide."""
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if pdfmetrics.stringWidth(f"{text[:middle]}…", font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…"
