"""Lines of plain text as they are written: white space collapsed, indented, wrapped."""

import re
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 78
STEP: Final = 4  # columns that a list is indented by
_SPACES: Final = re.compile("[ \t\n\f\r]+")
# Places to break a word, and what turns the direction of the rest of the line (UAX #9 section 2).
_DROPPED: Final = re.compile("[\u00ad\u200b\u202a-\u202e\u2060\u2066-\u206f\ufeff]+")
_JOINERS: Final = re.compile("([\u034f\u200c\u200d]++) ?")
_AT_ONCE: Final = 100_000  # characters that are split into words together
_KEPT_APART: Final = 5_000  # lines; more of them are joined, since each takes 50 bytes by itself


def visible(text: str) -> str:
    """The text without characters that show nothing and mean nothing where they are."""
    return _unfilled(_printed(text))


def _printed(text: str) -> str:
    """A part of a line without what shows nothing anywhere."""
    return text if text.isascii() else _DROPPED.sub("", text)


def _unfilled(line: str) -> str:
    """A line without joiners that join nothing; its parts are `_printed`."""
    return line if line.isascii() else _JOINERS.sub(_meant, line)


def _meant(joiners: re.Match[str]) -> str:
    """What a run of joiners, and the space behind it, is for the reader.

    Within a word it is part of how that is written (Persian, Hebrew, Indic scripts, emoji), and
    U+200D is so at a word's ends, too. Others are fillers, which push the next words out of a
    mail program's preview.
    """
    line, (start, end) = joiners.string, joiners.span(1)
    begins = start == 0 or line[start - 1].isspace()
    ends = end == len(line) or line[end].isspace()
    if begins and ends:
        return ""
    if begins or ends:
        return joiners[0].replace("\u034f", "").replace("\u200c", "")
    return joiners[0]


class Rule(str):
    """The line under a heading, which a table of data leaves out."""

    __slots__ = ()


class Lines:
    """The text of a document, or of one `cell` of a table, whose lines are not wrapped yet.

    Each block begins and ends with `end`. `done`: the finished lines.
    """

    def __init__(self, *, cell: bool = False) -> None:
        self.done: list[str] = []
        self.indent = 0
        self._cell = cell
        self._joined: list[str] = []
        self._least_indent = WIDTH
        self._current: list[str] = []
        self._in_word = False  # whether what comes next continues a word
        self._blank = False
        self._marker = ""

    @property
    def last(self) -> str:
        """The character that what comes next follows without a space; '' if none."""
        return self._current[-1][-1:] if self._in_word else ""

    def text(self, text: str) -> None:
        """Add text within the line."""
        text = _SPACES.sub(" ", _printed(text))
        if not self._in_word:
            text = text.removeprefix(" ")
        if text:
            self._current.append(text)
            self._in_word = not text.endswith(" ")

    def attach(self, text: str) -> None:
        """Add text that follows the last word after one space, or begins the line."""
        if self._current:
            self._current[-1] = self._current[-1].removesuffix(" ")
            text = f" {text}"
        self._current.append(_printed(text))
        self._in_word = True

    def end(self) -> None:
        """End the line, if anything is on it."""
        line = _unfilled("".join(self._current)).rstrip(" ")
        self._current.clear()
        self._in_word = False
        if line.strip():
            self._put(line)

    def line_break(self) -> None:
        """End the line, or leave one empty."""
        if self._current:
            self.end()
        else:
            self._blank = True

    def blank(self) -> None:
        """Leave at least one line empty between what is before and what follows."""
        self.end()
        self._blank = True

    def item(self, marker: str) -> None:
        """Begin a list's item; `marker` precedes its first line, '' removes one that is unused."""
        self.end()
        self._marker = marker

    def verbatim(self, line: str, *, ends: bool) -> None:
        """Add part of a line whose spaces matter, and end it if `ends`."""
        self._current.append(_printed(line))
        self._in_word = True
        if ends:
            text = _unfilled("".join(self._current)).rstrip()
            self._current.clear()
            self._in_word = False
            if text:
                self._add(" " * self.indent + text)
            else:
                self._blank = True

    def rule(self, stroke: str, length: int) -> None:
        """A line of strokes, as under a heading."""
        self.end()
        self._add(Rule(" " * self.indent + stroke * min(length, WIDTH - self.indent)))

    def whole(self, lines: list[str]) -> None:
        """Add lines that are laid out already."""
        self.end()
        for line in lines:
            if line:
                self._add(line if type(line) is Rule else " " * self.indent + line)
            else:
                self._blank = True

    def _put(self, line: str) -> None:
        first = self._marker.rjust(self.indent) if self._marker else " " * self.indent
        self._marker = ""
        if self._cell or len(first) + len(line) <= WIDTH:
            self._add(first + line)
            return
        for wrapped in wrap(line, first, " " * min(len(first), WIDTH // 2)):
            self._add(wrapped)

    def _add(self, line: str) -> None:
        if self._blank and (self.done or self._joined):
            self.done.append("")
        self._blank = False
        self.done.append(line)
        if len(self.done) >= _KEPT_APART and not self._cell:
            self._join()

    def _join(self) -> None:
        indents = (len(line) - len(line.lstrip(" ")) for line in self.done if line)
        self._least_indent = min(self._least_indent, *indents, WIDTH)
        self._joined.append("\n".join(self.done))
        self.done.clear()

    def whole_text(self) -> str:
        """Everything, without the indent that all lines have; ends with a line break."""
        self.end()
        if self.done:
            self._join()
        if not self._joined:
            return ""
        if self._least_indent:
            common = re.compile("^" + " " * self._least_indent, re.MULTILINE)
            self._joined = [common.sub("", block) for block in self._joined]
        self._joined.append("")
        return "\n".join(self._joined).replace("\xa0", " ")


def wrap(line: str, first: str, rest: str) -> Iterator[str]:
    """The words of `line` in lines of at most `WIDTH`; a longer word has a line of its own.

    `first` precedes the first line and `rest` the others.
    """
    start = 0
    prefix = first
    while start < len(line):
        end = line.rfind(" ", start, start + _AT_ONCE) if len(line) - start > _AT_ONCE else -1
        if end <= start:
            end = line.find(" ", start + _AT_ONCE)
        end = len(line) if end < 0 else end
        current = ""
        for word in line[start:end].split(" "):
            if current and len(prefix) + len(current) + 1 + len(word) > WIDTH:
                yield prefix + current
                prefix, current = rest, word
            else:
                current = f"{current} {word}" if current else word
        if current:
            yield prefix + current
            prefix = rest
        start = end + 1
