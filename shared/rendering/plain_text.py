"""Derives the plain-text part of an e-mail from its HTML, as a person would type it."""

import re
import textwrap
from copy import copy
from html import unescape
from typing import Final

import lxml.html
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml.etree import ParserError
from lxml.html import HtmlElement

WIDTH: Final = 78
# RFC 5322 2.1.1: no line longer than 998 octets. Only a word without spaces comes near it.
MAX_LINE_OCTETS: Final = 998
_PIECE_CHARACTERS: Final = 240

_CSS: Final = CSS_PROFILES["strict"]
_UNSEEN: Final = "head", "style", "script", "title", "template", "noscript", "object", "svg"
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0", re.I
)
_TABLE_PARTS: Final = "table", "thead", "tbody", "tfoot", "tr", "td", "th"
# Fillers that push the next words out of a preview: zero-width characters, soft hyphens.
_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u2060\ufeff]")
# Characters that XML does not allow, and an encoding declared in a text that is decoded already.
_UNPARSABLE: Final = re.compile(
    r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|\A\s*<\?xml[^>]*>"
)
# The indent of a wrapped line's rest: the text of a list item, the last column of a table.
_START: Final = re.compile(r"\s*(?:(?:[*+o-]|\d+\.)\s+)?(?:\S.{0,36}\S {2,}(?=\S))?")


def text_of(html: str) -> str:
    """Readable text of an HTML document or fragment, '' when it shows none.

    A link's URL follows its text in angle brackets (RFC 3986, appendix C), headings are
    underlined, layout tables become paragraphs and data tables columns. Lines are wrapped at 78
    characters where words allow and never exceed 998 octets (RFC 5322 2.1.1).
    """
    page = _UNPARSABLE.sub("", html)
    parser = lxml.html.HTMLParser(huge_tree=True)  # else HTML nested deeper than 256 is empty
    try:
        tree = lxml.html.document_fromstring(page, parser=parser)
    except ParserError:  # "Document is empty": comments, a doctype, white space
        return ""
    _drop_unseen(tree)
    _spell_out_images(tree)
    _spell_out_links(tree)
    _open_layout_tables(tree)
    _underline_headings(tree)
    try:
        text = Inscriptis(_escaped(tree), _config()).get_text()
    except (RecursionError, IndexError, AttributeError):  # nested or broken beyond inscriptis
        text = unescape(tree.text_content())
    return _wrapped(_INVISIBLE.sub("", text).replace("\xa0", " "))


def _config() -> ParserConfig:
    """A configuration for one text: inscriptis writes to the profile's `body`.

    If threads shared one, text of one e-mail would appear in another.
    """
    return ParserConfig(css={**_CSS, "body": copy(_CSS["body"])})


def _drop_unseen(tree: HtmlElement) -> None:
    for node in list(tree.iter()):
        if node.getparent() is None:
            continue
        if not isinstance(node.tag, str) or node.tag in _UNSEEN or _is_hidden(node):
            node.drop_tree()


def _is_hidden(node: HtmlElement) -> bool:
    return "hidden" in node.attrib or bool(_HIDING.search(node.get("style", "")))


def _spell_out_images(tree: HtmlElement) -> None:
    for image in list(tree.iter("img")):
        _say_before_end(image, image.get("alt", "").strip())
        image.drop_tag()
    for rule in tree.iter("hr"):
        rule.tag, rule.text = "p", "-" * 40


def _spell_out_links(tree: HtmlElement) -> None:
    for link in tree.iter("a"):
        target = link.get("href", "").strip()
        shown = " ".join(link.text_content().split())
        address = target.removeprefix("mailto:")
        if target and not target.startswith("#") and shown not in (target, address):
            _say_before_end(link, f" <{address}>" if shown else address)


def _say_before_end(node: HtmlElement, words: str) -> None:
    """Append text inside the node, behind its last child."""
    if len(node):
        node[-1].tail = (node[-1].tail or "").rstrip() + words
    else:
        node.text = (node.text or "").rstrip() + words


def _open_layout_tables(tree: HtmlElement) -> None:
    """Turn a table that is only layout, or has one column, into paragraphs."""
    for table in list(tree.iter("table")):
        rows = table.xpath("./tr|./*/tr")
        one_column = all(len(row.xpath("./td|./th")) < 2 for row in rows)
        if table.get("role") in ("presentation", "none") or one_column:
            for row in rows:
                for part in (row, *row):
                    part.tag = "div"
            for part in (table, *table):
                if part.tag in _TABLE_PARTS:
                    part.tag = "div"


def _underline_headings(tree: HtmlElement) -> None:
    for level, stroke in (("h1", "="), ("h2", "-")):
        for heading in tree.iter(level):
            length = len(" ".join(heading.text_content().split()))
            if length and not heading.xpath("ancestor::table"):
                line = lxml.html.Element("br")
                line.tail = stroke * min(length, WIDTH)
                heading.append(line)


def _escaped(tree: HtmlElement) -> HtmlElement:
    """The same tree with every & as an entity: inscriptis would decode the text a second time."""
    for node in tree.iter():
        node.text = node.text and node.text.replace("&", "&amp;")
        node.tail = node.tail and node.tail.replace("&", "&amp;")
    return tree


def _wrapped(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip():
            lines += _wrap(line.rstrip())
        elif lines and lines[-1]:
            lines.append("")
    shown = textwrap.dedent("\n".join(lines)).strip("\n")
    return shown + "\n" if shown.strip() else ""


def _wrap(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    start = _START.match(line)
    wrapped = textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * min(start.end() if start else 0, WIDTH // 2),
        expand_tabs=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [piece for part in wrapped for piece in _within_octets(part)]


def _within_octets(line: str) -> list[str]:
    if len(line.encode()) <= MAX_LINE_OCTETS:
        return [line]
    step = _PIECE_CHARACTERS
    return [line[i : i + step] for i in range(0, len(line), step)]
