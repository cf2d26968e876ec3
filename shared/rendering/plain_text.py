"""Derives the plain-text part of an e-mail from its HTML, as a person would type it.

The HTML is read as a stream of tags, without a tree: memory does not grow with their number. HTML
with more tags than `MAX_TAGS`, or that takes more than `MAX_MEMORY`, is not laid out: only its
words are kept.
"""

import re
import sys
from html import unescape
from typing import Final

from lxml import etree

from postroom.shared.rendering.text.numbers import Numbering
from postroom.shared.rendering.text.text_lines import WIDTH, visible, wrap
from postroom.shared.rendering.text.text_reader import TextReader

MAX_TAGS: Final = 100_000
MAX_MEMORY: Final = 6 * 1024 * 1024  # bytes that the HTML takes; laying it out takes ten times that
_FED_AT_ONCE: Final = 65_536
# Characters that XML does not allow, and an encoding declared in a text that is decoded already.
_UNPARSABLE: Final = re.compile(
    r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|\A\s*<\?xml[^>]*>"
)
_BREAK: Final = re.compile(r"<(?:br|/?(?:p|div|tr|li|table|h[1-6]))\b[^>]*>", re.I)
_TAG: Final = re.compile(
    r"<!--.*?-->|<(style|script|title)\b.*?</\1\s*>|</?[a-zA-Z!][^>]*>", re.I | re.S
)
_SPACES: Final = re.compile("[ \t\f\r\xa0]+")
_ENDS: Final = re.compile(r" ?\n[ \n]*")
_TOO_LONG: Final = re.compile(rf"[^\n]{{{WIDTH + 1},}}")


def text_of(html: str) -> str:
    """Readable text of an HTML document or fragment, '' when it shows none.

    A link's URL follows its text in angle brackets (RFC 3986, appendix C), headings are underlined,
    layout tables become paragraphs, data tables columns or `Name: value` lines. Lines are wrapped
    at 78 characters where words allow; longer words stay whole.
    """
    page = _UNPARSABLE.sub("", html)
    if _is_too_much(page):
        return _words_of(page)
    numbering = Numbering()
    text = _read(page, numbering)
    return _read(page, Numbering(numbering.counts())) if numbering.is_open else text


def _read(page: str, numbering: Numbering) -> str:
    reader = TextReader(numbering)
    parser = etree.HTMLParser(target=reader, huge_tree=True, encoding="utf-8")
    for start in range(0, len(page), _FED_AT_ONCE):
        parser.feed(page[start : start + _FED_AT_ONCE].encode())
    if page:
        try:
            parser.close()
        except etree.XMLSyntaxError:  # nothing in it but comments or a doctype
            return ""
    return reader.lines.whole_text()


def _is_too_much(page: str) -> bool:
    """Whether it is too large, or has too many tags, entities and lines whose spaces matter."""
    if sys.getsizeof(page) > MAX_MEMORY:
        return True
    lines = page.count("\n") if "<pre" in page.lower() else 0
    return page.count("<") + page.count("&") + lines > MAX_TAGS


def _words_of(page: str) -> str:
    """The words of HTML that is not laid out, a piece at a time, without work for each tag."""
    pieces: list[str] = []
    start = 0
    while start < len(page):
        end = page.rfind(">", start, start + _FED_AT_ONCE) + 1 or start + _FED_AT_ONCE
        piece = _BREAK.sub("\n", page[start:end].replace("\n", " "))
        piece = visible(unescape(_TAG.sub(" ", piece)))
        piece = _ENDS.sub("\n", _SPACES.sub(" ", piece))
        pieces.append(_TOO_LONG.sub(lambda line: "\n".join(wrap(line[0], "", "")), piece))
        start = end
    text = _ENDS.sub("\n", "".join(pieces)).strip()
    return f"{text}\n" if text else ""
