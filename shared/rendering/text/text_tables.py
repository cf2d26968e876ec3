"""Tables in plain text: columns if they fit a line, else `Name: value` lines."""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

from postroom.shared.rendering.text.table_grid import Cell, Grid, close_up, repeated
from postroom.shared.rendering.text.text_lines import WIDTH, Lines, Rule, wrap

_GAP: Final = 2  # spaces between columns
_BETWEEN: Final = " " * _GAP
_MOST_HEADINGS: Final = 3  # rows
_LONGEST_NAME: Final = 200  # it is repeated in every row
_DEEPEST_NAME: Final = 24  # a value is wrapped below itself, not further right than this


class Table:
    """The rows of a table until it is complete, and the cell being written."""

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = []
        self._grid = Grid()

    def row(self) -> None:
        """Begin a row."""
        self._grid.row()
        if not self._rows or self._rows[-1]:
            self._rows.append([])

    def group(self) -> None:
        """Begin or end a group of rows."""
        self._grid.group()

    def cell(self, tag: str, attributes: Mapping[str, str]) -> Cell:
        """Begin a cell, in a row of its own if none has begun."""
        if not self._rows:
            self._rows.append([])
        self._rows[-1].append(cell := self._grid.cell(attributes, heading=tag == "th"))
        return cell

    def write(self, out: Lines) -> None:
        """Add the table's lines to `out`."""
        for row in self._rows:
            for cell in row:
                cell.lines.end()
        rows = [row for row in self._rows if any(cell.lines.done for cell in row)]
        out.end()
        if max(map(len, rows), default=0) < 2:  # a frame around other content, not data
            for row in rows:
                for cell in row:
                    out.whole(_wrapped(cell.lines.done, WIDTH - out.indent))
            return
        if self._grid.spans_columns or self._grid.spans_rows:
            close_up(rows)
        # In a table that only lays out, a logo beside two rows is there once.
        if self._grid.spans_rows and any(cell.heading for row in rows for cell in row):
            rows = repeated(rows)
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
    count = max(row[-1].end for row in rows)
    if _GAP * (count - 1) > room:
        return []
    texts = [[cell.content() for cell in row] for row in rows]
    starts = _starts(rows, texts, count)
    if starts[-1] - _GAP > room:
        return []
    result: list[str] = []
    for row, cells in zip(rows, texts, strict=True):
        if len(row) == 1 and not row[0].column:
            result += _wrapped(cells[0], room)
            continue
        for i in range(max(map(len, cells))):
            line = ""
            for cell, lines in zip(row, cells, strict=True):
                if i < len(lines):
                    line = (line and line + _BETWEEN).ljust(starts[cell.column]) + lines[i]
            result.append(line.rstrip())
    return result


def _starts(rows: list[list[Cell]], texts: list[list[list[str]]], count: int) -> list[int]:
    """Where each column begins, and where one more would."""
    widths = [0] * count
    wide: list[tuple[Cell, int]] = []
    for row, cells in zip(rows, texts, strict=True):
        if len(row) == 1 and not row[0].column:
            continue
        for cell, lines in zip(row, cells, strict=True):
            width = len(lines[0]) if len(lines) == 1 else max(map(len, lines), default=0)
            column = cell.column
            if cell.end - column > 1:
                wide.append((cell, width))
            elif width > widths[column]:
                widths[column] = width
    for cell, width in wide:  # the last column takes what its text needs more
        there = sum(widths[cell.column : cell.end]) + _GAP * (cell.end - cell.column - 1)
        widths[cell.end - 1] += max(width - there, 0)
    return [*accumulate((width + _GAP for width in widths), initial=0)]


def _as_pairs(rows: list[list[Cell]]) -> Iterator[str]:
    """`Name: value` lines; the names come from the first rows if they hold the headings."""
    headings = _headings(rows)
    names = _names(rows[:headings])
    for number, row in enumerate(rows[headings:] if names else rows):
        texts = [cell.content() for cell in row]
        if names and len(row) > 1:
            if number:
                yield ""
            for cell, lines in zip(row, texts, strict=True):
                yield from _pair(_name(names, cell), lines)
        elif len(row) == 2:
            yield from _pair(" ".join(texts[0]), texts[1])
        else:
            if number and len(row) > 1:
                yield ""
            for lines in texts:
                yield from _wrapped(lines, WIDTH)


def _headings(rows: list[list[Cell]]) -> int:
    """How many rows at the top hold the headings of columns."""
    for number, row in enumerate(rows[: _MOST_HEADINGS + 1]):
        if not all(cell.heading for cell in row):
            above = (cell for heading in rows[:number] for cell in heading)
            reaches = any(cell.until > row[0].row for cell in above)
            return 0 if row[0].heading or reaches else number
    return 0


def _names(rows: list[list[Cell]]) -> dict[int, str]:
    """The heading of each column, with those above it, {} if one is too long to be a name."""
    names: dict[int, str] = {}
    for row in rows:
        for cell in row:
            own = " ".join(cell.content())
            if len(own) > _LONGEST_NAME:
                return {}
            for i in range(cell.column, cell.end):
                names[i] = f"{names.get(i, '')} {own}".strip()
    return names


def _name(names: Mapping[int, str], cell: Cell) -> str:
    """What the value in a cell is: the headings of all its columns, or the first and the last."""
    if cell.end == cell.column + 1:
        return names.get(cell.column, "")
    of_all = dict.fromkeys(names.get(i, "") for i in range(cell.column, cell.end))
    several = [name for name in of_all if name]
    return ", ".join(several) if len(several) < 4 else f"{several[0]} - {several[-1]}"


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
