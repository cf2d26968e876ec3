"""Text on PDF pages: in a font that has its characters, shortened to fit.

Latin, Greek and Cyrillic text is in an embedded font. Chinese, Japanese and Korean text is in fonts
that a PDF reader has or substitutes: docs/decisions/0008-report-files.md. Instead of other letters
the page has a sign, and a line that explains it.
"""

import re
import unicodedata
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


SIGN: Final = "[?]"  # in place of letters that no font here has
# Spaces and hyphens of many kinds, where the font lacks them.
_PLAIN: Final = {"Zs": " ", "Pd": "-", "Cf": ""}


@cache
def register_fonts() -> None:
    """Register the fonts with reportlab, once per process."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(Path(font_directory) / f"{name}.ttf")))
    for name in (_CHINESE, _JAPANESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def cell_text(value: Any, kind: ColumnKind) -> str:
    """A cell as text; a dash for an unknown value."""
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
def showable(text: str) -> tuple[str, frozenset[str]]:
    """`text` with the sign in place of letters that cannot be shown, and the scripts of these."""
    has = pdfmetrics.getFont(REGULAR).face.charToGlyph
    if text.isascii():
        return text, frozenset()
    shown, scripts = [], set()
    for letter in unicodedata.normalize("NFC", text):
        if ord(letter) in has or _EAST_ASIAN.match(letter):
            shown.append(letter)
        elif (kind := unicodedata.category(letter)) in _PLAIN:
            shown.append(_PLAIN[kind])
        else:
            if not shown or shown[-1] != SIGN:
                shown.append(SIGN)
            word = unicodedata.name(letter, "").split()[:1]
            is_letter = kind[0] in "LM" and word and word != ["COMBINING"]
            scripts.add(word[0].capitalize() if is_letter else "other signs")
    return "".join(shown), frozenset(scripts)


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
    """The width of the text as `draw` writes it, in points."""
    widths = (pdfmetrics.stringWidth(part, one, size) for one, part in _by_font(text, font))
    return float(sum(widths))


def draw(page: Canvas, left: float, top: float, text: str, font: str, size: float) -> None:
    """Write `text` from `left` on the base line `top`, in points; in `font` where it can."""
    for one, part in _by_font(text, font):
        page.setFont(one, size)
        page.drawString(left, top, part)
        if part is not text:
            left += pdfmetrics.stringWidth(part, one, size)


def _by_font(text: str, font: str) -> list[tuple[str, str]]:
    """The parts of `text`, each with a font that has its characters."""
    parts = _EAST_ASIAN.split(text)
    if len(parts) == 1:
        return [(font, text)]
    # The same ideographs look different in the three scripts; the other characters decide.
    east = _KOREAN if _HANGUL.search(text) else _JAPANESE if _KANA.search(text) else _CHINESE
    return [(east if place % 2 else font, part) for place, part in enumerate(parts) if part]
