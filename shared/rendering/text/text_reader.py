"""Receives the parser's events for HTML, element by element, and writes lines of text."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from postroom.shared.rendering.text.elements import (
    APART,
    BLOCKS,
    LISTS,
    UNDERLINED,
    UNSEEN,
    VERBATIM,
)
from postroom.shared.rendering.text.joints import JOINTS, Joint
from postroom.shared.rendering.text.links import written
from postroom.shared.rendering.text.numbers import Numbering, Numbers
from postroom.shared.rendering.text.shown import is_block, is_hidden
from postroom.shared.rendering.text.text_lines import STEP, WIDTH, Lines
from postroom.shared.rendering.text.text_tables import Table

_MANY_TABS: Final = 1_000


class _Element:
    """An open element: what to do at its end, and its words if they matter."""

    __slots__ = ("at_end", "block", "tag", "words")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.block = False  # whether its style gives it lines of its own
        self.at_end: Callable[[], None] | None = None
        self.words: list[str] | None = None


class TextReader:
    """Receives the parser's events and writes lines (the interface of lxml's parser targets)."""

    def __init__(self, numbering: Numbering | None = None) -> None:
        self.lines = Lines()
        self._numbering = numbering or Numbering()
        self._open: list[_Element] = []
        self._hidden = 0  # open elements, from the first that is not shown
        self._verbatim = 0
        self._joint: Joint | None = None  # to what comes next
        self._lists: list[Numbers | None] = []  # None: without numbers
        self._tables: list[tuple[Table, Lines] | None] = []  # and what is around it; None: layout
        self._listening: list[list[str]] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if self._hidden or tag in UNSEEN or (attributes and is_hidden(attributes)):
            self._hidden += 1
            return
        element = _Element(tag)
        self._open.append(element)
        if tag in APART:
            self.lines.blank()
        elif tag in BLOCKS or tag in LISTS:
            self.lines.end()
        elif attributes and tag != "img" and is_block(attributes):
            self.lines.end()
            element.block = True
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
        if element.tag in BLOCKS or element.tag in LISTS:
            self.lines.end()
        if element.at_end:
            element.at_end()
        if element.block:
            self.lines.end()
        if element.words is not None:
            self._listening.remove(element.words)
        if element.tag in APART:
            self.lines.blank()

    def data(self, text: str) -> None:
        """Text of the innermost open element."""
        if self._hidden:
            return
        for words in self._listening:
            words.append(text)
        if self._joint:
            text = self._joint.joined(self.lines.last, text)
            self._joint = None
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
            address = written(target)
            if not shown():
                self.lines.text(address)
            elif shown() not in (target, address):
                self.lines.attach(f"<{address}>")

        element.at_end = finish

    def _heading(self, element: _Element, attributes: Mapping[str, str]) -> None:
        shown = self._listen(element)

        def finish() -> None:
            if length := len(shown()):
                self.lines.rule(UNDERLINED[element.tag], length)

        element.at_end = finish

    def _list(self, element: _Element, attributes: Mapping[str, str]) -> None:
        numbers = self._numbering.begin(attributes) if element.tag == "ol" else None
        self._lists.append(numbers)
        lines = self.lines
        indented = lines.indent < WIDTH // 2
        lines.indent += STEP * indented

        def finish() -> None:
            self._lists.pop()
            lines.indent -= STEP * indented

        element.at_end = finish

    def _item(self, element: _Element, attributes: Mapping[str, str]) -> None:
        numbers = self._lists[-1] if self._lists else None
        self.lines.item(f"{numbers.take(attributes)}. " if numbers else "* ")
        lines = self.lines
        element.at_end = lambda: lines.item("")

    def _joined(self, element: _Element, attributes: Mapping[str, str]) -> None:
        begins, ends = JOINTS[element.tag]
        self._joint = self._joint or begins

        def finish() -> None:
            self._joint = ends

        element.at_end = finish

    def _button(self, element: _Element, attributes: Mapping[str, str]) -> None:
        self.lines.text(" ")
        element.at_end = lambda: self.lines.text(" ")

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
            alone = is_block(attributes)  # not on a line of its own: a link may follow
            self.data(f" {alt} " if alone else alt)

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

    def _row_group(self, element: _Element, attributes: Mapping[str, str]) -> None:
        if table := self._tables and self._tables[-1]:
            table[0].group()
            element.at_end = table[0].group

    def _cell(self, element: _Element, attributes: Mapping[str, str]) -> None:
        if table := self._tables and self._tables[-1]:
            around = table[1]
            self.lines = table[0].cell(element.tag, attributes).lines

            def finish() -> None:
                self.lines = around

            element.at_end = finish


_Begin = Callable[[TextReader, _Element, Mapping[str, str]], None]


def _rule(reader: TextReader, *_: Any) -> None:
    reader.lines.text("-" * 40)
    reader.lines.end()


_BEGIN: Final[dict[str, _Begin]] = {
    "a": TextReader._link,
    "button": TextReader._button,
    "br": lambda reader, *_: reader.lines.line_break(),
    "hr": _rule,
    "img": TextReader._image,
    "li": TextReader._item,
    "q": TextReader._quote,
    "table": TextReader._table,
    "td": TextReader._cell,
    "th": TextReader._cell,
    "tr": TextReader._row,
    **dict.fromkeys(JOINTS, TextReader._joined),
    **dict.fromkeys(("tbody", "tfoot", "thead"), TextReader._row_group),
    **dict.fromkeys(UNDERLINED, TextReader._heading),
    **dict.fromkeys(LISTS, TextReader._list),
    **dict.fromkeys(VERBATIM, TextReader._preformatted),
}
