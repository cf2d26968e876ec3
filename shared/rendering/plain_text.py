"""Derives the plain-text part of an e-mail from its HTML, as a person would type it.

The HTML is read as a stream of tags, without a tree: memory does not grow with their number. HTML
with more tags than `MAX_TAGS` is not laid out; only its words are kept.
"""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Final

from lxml import etree

from postroom.shared.rendering.text_lines import STEP, WIDTH, Lines, visible, wrap
from postroom.shared.rendering.text_tables import Table

MAX_TAGS: Final = 100_000
_FED_AT_ONCE: Final = 65_536
_MANY_TABS: Final = 1_000

_UNSEEN: Final = frozenset({
    "head", "style", "script", "title", "template", "noscript", "object", "svg", "math", "iframe",
    "datalist", "noframes",
})  # fmt: skip
# Every element that HTML lays out as a block (HTML Living Standard 15.3), with old ones.
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog",
    "div", "dt", "fieldset", "figcaption", "footer", "form", "frameset", "header", "hgroup", "html",
    "layer", "legend", "li", "main", "nav", "optgroup", "option", "search", "section", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr",
})  # fmt: skip
# Those with an empty line around them, too.
_APART: Final = frozenset({
    "blockquote", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "listing", "p",
    "plaintext", "pre", "xmp",
})  # fmt: skip
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_VERBATIM: Final = frozenset({"listing", "plaintext", "pre", "xmp"})
_UNDERLINED: Final = {"h1": "=", "h2": "-"}
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0", re.I
)
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
    reader = _Reader()
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
    """Whether it has too many tags, entities and lines whose spaces matter."""
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


class _Element:
    """An open element: what to do at its end, and its words if they matter."""

    __slots__ = ("at_end", "tag", "words")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.at_end: Callable[[], None] | None = None
        self.words: list[str] | None = None


class _Reader:
    """Receives the parser's events and writes lines (the interface of lxml's parser targets)."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._open: list[_Element] = []
        self._hidden = 0  # open elements, from the first that is not shown
        self._verbatim = 0
        self._lists: list[int | None] = []  # the last number, None without numbers
        self._tables: list[tuple[Table, Lines] | None] = []  # and what is around it; None: layout
        self._listening: list[list[str]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if self._hidden or tag in _UNSEEN or _is_hidden(attributes):
            self._hidden += 1
            return
        element = _Element(tag)
        self._open.append(element)
        if tag in _APART:
            self.lines.blank()
        elif tag in _BLOCKS or tag in _LISTS:
            self.lines.end()
        if begin := _BEGIN.get(tag):
            begin(self, element, attributes)

    def end(self, tag: str) -> None:
        """The innermost open element ends."""
        if self._hidden:
            self._hidden -= 1
            return
        if not self._open:
            return
        element = self._open.pop()
        if element.tag in _BLOCKS or element.tag in _LISTS:
            self.lines.end()
        if element.at_end:
            element.at_end()
        if element.words is not None:
            self._listening.remove(element.words)
        if element.tag in _APART:
            self.lines.blank()

    def data(self, text: str) -> None:
        """Text of the innermost open element."""
        if self._hidden:
            return
        for words in self._listening:
            words.append(text)
        if self._verbatim:
            if text.count("\t") < _MANY_TABS:
                text = text.expandtabs()
            *whole, rest = text.split("\n")
            for line in whole:
                self.lines.verbatim(line, ends=True)
            if rest:
                self.lines.verbatim(rest, ends=False)
        else:
            self.lines.text(text)

    def close(self) -> None:
        """The document ends, perhaps inside tables."""
        while self._open:
            self.end("")

    def _listen(self, element: _Element) -> Callable[[], str]:
        words: list[str] = []
        element.words = words
        self._listening.append(words)
        return lambda: " ".join("".join(words).split())

    def _link(self, element: _Element, attributes: Mapping[str, str]) -> None:
        target = re.sub("[\t\n\r]", "", attributes.get("href", "").strip())
        if not target or target.startswith("#"):
            return
        shown = self._listen(element)

        def finish() -> None:
            address = target.removeprefix("mailto:")
            if not shown():
                self.lines.text(address)
            elif shown() not in (target, address):
                self.lines.attach(f"<{address}>")

        element.at_end = finish

    def _heading(self, element: _Element, attributes: Mapping[str, str]) -> None:
        shown = self._listen(element)

        def finish() -> None:
            if length := len(shown()):
                self.lines.rule(_UNDERLINED[element.tag], length)

        element.at_end = finish

    def _list(self, element: _Element, attributes: Mapping[str, str]) -> None:
        number = attributes.get("start", "1")
        first = int(number) - 1 if re.fullmatch(r"-?\d{1,9}", number) else 0
        self._lists.append(first if element.tag == "ol" else None)
        lines = self.lines
        indented = lines.indent < WIDTH // 2
        lines.indent += STEP * indented

        def finish() -> None:
            self._lists.pop()
            lines.indent -= STEP * indented

        element.at_end = finish

    def _item(self, element: _Element, attributes: Mapping[str, str]) -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self.lines.item("* ")
        else:
            self._lists[-1] = number + 1
            self.lines.item(f"{number + 1}. ")
        lines = self.lines
        element.at_end = lambda: lines.item("")

    def _preformatted(self, element: _Element, attributes: Mapping[str, str]) -> None:
        self._verbatim += 1

        def finish() -> None:
            self.lines.verbatim("", ends=True)
            self._verbatim -= 1

        element.at_end = finish

    def _quote(self, element: _Element, attributes: Mapping[str, str]) -> None:
        self.lines.text('"')
        element.at_end = lambda: self.lines.text('"')

    def _image(self, element: _Element, attributes: Mapping[str, str]) -> None:
        if alt := attributes.get("alt", "").strip():
            self.data(alt)

    def _table(self, element: _Element, attributes: Mapping[str, str]) -> None:
        layout = attributes.get("role") in ("presentation", "none")
        self._tables.append(None if layout else (Table(), self.lines))

        def finish() -> None:
            ended = self._tables.pop()
            if ended:
                table, self.lines = ended
                table.write(self.lines)

        element.at_end = finish

    def _row(self, element: _Element, attributes: Mapping[str, str]) -> None:
        if table := self._tables and self._tables[-1]:
            table[0].row()

    def _cell(self, element: _Element, attributes: Mapping[str, str]) -> None:
        if table := self._tables and self._tables[-1]:
            around = table[1]
            self.lines = table[0].cell(heading=element.tag == "th").lines

            def finish() -> None:
                self.lines = around

            element.at_end = finish


_Begin = Callable[[_Reader, _Element, Mapping[str, str]], None]


def _rule(reader: _Reader, *_: Any) -> None:
    reader.lines.text("-" * 40)
    reader.lines.end()


_BEGIN: Final[dict[str, _Begin]] = {
    "a": _Reader._link,
    "br": lambda reader, *_: reader.lines.line_break(),
    "hr": _rule,
    "img": _Reader._image,
    "li": _Reader._item,
    "q": _Reader._quote,
    "table": _Reader._table,
    "td": _Reader._cell,
    "th": _Reader._cell,
    "tr": _Reader._row,
    **dict.fromkeys(_UNDERLINED, _Reader._heading),
    **dict.fromkeys(_LISTS, _Reader._list),
    **dict.fromkeys(_VERBATIM, _Reader._preformatted),
}


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    return bool(attributes) and (
        "hidden" in attributes or bool(_HIDING.search(attributes.get("style", "")))
    )
