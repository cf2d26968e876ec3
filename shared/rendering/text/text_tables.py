"""Tables in plain text: columns if they fit a line, else `Name: value` lines."""

from collections.abc import Iterator
from typing import Final

from postroom.shared.rendering.text.text_lines import WIDTH, Lines, Rule, wrap

_GAP: Final = 2  # spaces between columns
_DEEPEST_NAME: Final = 24  # a value is wrapped below itself, not further right than this


class Cell:
    """One cell: what is written into it, and whether it is a heading (`th`)."""

    def __init__(self, *, heading: bool) -> None:
        self.heading = heading
        self.lines = Lines(cell=True)

    def content(self) -> list[str]:
        """Its lines, without those under headings."""
        return [line for line in self.lines.done if type(line) is not Rule]


class Table:
    """The rows of a table until it is complete, and the cell being written."""

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []

    def row(self) -> None:
        """Begin a row."""
        if not self.rows or self.rows[-1]:
            self.rows.append([])

    def cell(self, *, heading: bool) -> Cell:
        """Begin a cell, in a row of its own if none has begun."""
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append(cell := Cell(heading=heading))
        return cell

    def write(self, out: Lines) -> None:
        """Add the table's lines to `out`."""
        for row in self.rows:
            for cell in row:
                cell.lines.end()
        rows = [row for row in self.rows if any(cell.lines.done for cell in row)]
        out.end()
        if max(map(len, rows), default=0) < 2:  # a frame around other content, not data
            for row in rows:
                for cell in row:
                    out.whole(_wrapped(cell.lines.done, WIDTH - out.indent))
        else:
            out.whole(_in_columns(rows, WIDTH - out.indent) or [*_as_pairs(rows)])


def _wrapped(lines: list[str], room: int) -> list[str]:
    """Each line wrapped below its own indent, which a marker of a list is part of."""
    result: list[str] = []
    for line in lines:
        if len(line) <= room or type(line) is Rule:
            result.append(line)
        else:
            text = line.lstrip(" ")
            indent = line[: len(line) - len(text)]
            result += wrap(text, indent, indent)
    return result


def _in_columns(rows: list[list[Cell]], room: int) -> list[str]:
    """The rows side by side, [] if one does not fit. A cell alone in its row spans all columns."""
    texts = [[cell.content() for cell in row] for row in rows]
    widths: list[int] = []
    for row in texts:
        widths += [0] * (len(row) - len(widths))
        for i, lines in enumerate(row if len(row) > 1 else ()):
            widths[i] = max(widths[i], *map(len, lines), 0)
    if sum(widths) + _GAP * (len(widths) - 1) > room:
        return []
    result: list[str] = []
    for row in texts:
        if len(row) == 1:
            result += _wrapped(row[0], room)
            continue
        for i in range(max(map(len, row))):
            parts = [
                (lines[i] if i < len(lines) else "").ljust(width)
                for lines, width in zip(row, widths, strict=False)
            ]
            result.append((" " * _GAP).join(parts).rstrip())
    return result


def _as_pairs(rows: list[list[Cell]]) -> Iterator[str]:
    """`Name: value` lines; the names come from the first row if it holds the headings."""
    names: list[str] = []
    if len(rows) > 1 and all(cell.heading for cell in rows[0]) and not rows[1][0].heading:
        names = [" ".join(cell.content()) for cell in rows[0]]
    for number, row in enumerate(rows[1:] if names else rows):
        texts = [cell.content() for cell in row]
        if names and len(row) > 1:
            if number:
                yield ""
            for i, lines in enumerate(texts):
                yield from _pair(names[i] if i < len(names) else "", lines)
        elif len(row) == 2:
            yield from _pair(" ".join(texts[0]), texts[1])
        else:
            if number and len(row) > 1:
                yield ""
            for lines in texts:
                yield from _wrapped(lines, WIDTH)


def _pair(name: str, lines: list[str]) -> Iterator[str]:
    if not name or not lines:
        yield from _wrapped(lines or [name], WIDTH) if lines or name else ()
        return
    first = f"{name} " if name.endswith((":", "?")) else f"{name}: "
    if len(first) > WIDTH // 2:  # the value begins below such a name
        yield from wrap(first.rstrip(), "", "  ")
        first = "  "
    rest = " " * (len(first) if len(first) <= _DEEPEST_NAME else 2)
    for line in lines:
        yield from wrap(line, first, rest)
        first = rest
