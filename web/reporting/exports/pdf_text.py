"""Text on PDF pages: in a font that has its letters, cut to fit.

Latin, Greek and Cyrillic letters are in an embedded font. Chinese, Japanese and Korean ones are in
fonts that a PDF reader has or replaces by its own: docs/decisions/0008-report-files.md.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from font_source_sans_pro import font_directory
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from postroom.web.reporting.report import ColumnKind
from postroom.web.reporting.weeks import percent

REGULAR: Final = "SourceSansPro-Regular"
BOLD: Final = "SourceSansPro-Bold"
_CHINESE, _JAPANESE, _KOREAN = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_HANGUL: Final = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_KANA: Final = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_EAST_ASIAN: Final = re.compile(
    r"([\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+)"
)


@cache
def register_fonts() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(Path(font_directory) / f"{name}.ttf")))
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def cell_text(value: Any, kind: ColumnKind) -> str:
    """A cell as its reader sees it; a dash for what is not known."""
    match value:
        case None:
            return "-"
        case date():
            return value.isoformat()
        case float() if kind is ColumnKind.PERCENT:
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
    if text_width(text, font, size) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(f"{text[:middle]}…", font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…"


@lru_cache(maxsize=2000)
def text_width(text: str, font: str, size: float) -> float:
    """How wide `draw` makes it, in points."""
    parts = _by_font(text, font)
    width: float = sum(pdfmetrics.stringWidth(part, one, size) for one, part in parts)
    return width


def draw(page: Canvas, left: float, top: float, text: str, font: str, size: float) -> None:
    """Write `text` from `left` on, at the base line `top`, in points; `font` as far as it goes."""
    for one, part in _by_font(text, font):
        page.setFont(one, size)
        page.drawString(left, top, part)
        if part is not text:
            left += pdfmetrics.stringWidth(part, one, size)


def _by_font(text: str, font: str) -> list[tuple[str, str]]:
    """The parts of `text`, each with the font that has its letters."""
    parts = _EAST_ASIAN.split(text)
    if len(parts) == 1:
        return [(font, text)]
    # The same ideographs look different in the three; which are meant, the other letters tell.
    east = _KOREAN if _HANGUL.search(text) else _JAPANESE if _KANA.search(text) else _CHINESE
    return [(east if place % 2 else font, part) for place, part in enumerate(parts) if part]
