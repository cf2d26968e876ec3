"""Where the cells of a table are: `colspan`, and `rowspan` from the rows above.

Both are numbers that anyone may write: nothing here grows with them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from postroom.shared.rendering.text.numbers import whole_number
from postroom.shared.rendering.text.text_lines import WIDTH, Lines, Rule

_MOST_COLUMNS: Final = 100  # of one cell; a cell right of so many is in one row only
_MOST_ROWS: Final = 65_534  # of one cell, as in browsers
# Cells written again in a row below, for each that is there; longer ones are written once.
_REPEATS: Final = 4
_LONGEST_REPEAT: Final = WIDTH // 2


class Cell:
    """One cell: what is written into it, whether it is a heading (`th`), and where it is.

    `until`: the first row that it is not in; `end`: the first column.
    """

    __slots__ = ("column", "end", "heading", "lines", "row", "until")

    def __init__(self, row: int, column: int, *, heading: bool) -> None:
        self.heading = heading
        self.lines = Lines(cell=True)
        self.row = row
        self.column = column
        self.until = row + 1
        self.end = column + 1

    def content(self) -> list[str]:
        """Its lines, without those under headings."""
        return [line for line in self.lines.done if type(line) is not Rule]


class Grid:
    """Gives each cell its place, in the order in which they are written."""

    def __init__(self) -> None:
        self.spans_columns = False
        self.spans_rows = False
        self._row = 0
        self._column = 0
        self._until: dict[int, int] = {}  # by column, the first row that no cell above covers
        self._above: list[Cell] = []  # in this group

    def row(self) -> None:
        """The next row."""
        self._row += 1
        self._column = 0

    def group(self) -> None:
        """A group of rows begins or ends (`tbody`): no cell goes on."""
        for cell in self._above:
            cell.until = min(cell.until, self._row + 1)
        self._above.clear()
        self._until.clear()

    def cell(self, attributes: Mapping[str, str], *, heading: bool) -> Cell:
        """A new cell in the next free place."""
        if self._until:
            while self._until.get(self._column, 0) > self._row:
                self._column += 1
        cell = Cell(self._row, self._column, heading=heading)
        if attributes:
            self._span(cell, attributes)
        self._column = cell.end
        return cell

    def _span(self, cell: Cell, attributes: Mapping[str, str]) -> None:
        if "colspan" in attributes:
            self.spans_columns = True
            across = whole_number(attributes["colspan"], 1)
            cell.end = cell.column + min(max(across, 1), _MOST_COLUMNS)
        if "rowspan" in attributes and cell.column < _MOST_COLUMNS:
            down = whole_number(attributes["rowspan"], 1) or _MOST_ROWS
            self._cover(cell, min(max(down, 1), _MOST_ROWS))

    def _cover(self, cell: Cell, down: int) -> None:
        cell.until = self._row + down
        if down > 1:
            self.spans_rows = True
            self._above = [above for above in self._above if above.until > self._row]
            self._above.append(cell)
            for i in range(cell.column, min(cell.end, _MOST_COLUMNS)):
                self._until[i] = max(self._until.get(i, 0), cell.until)


def close_up(rows: Iterable[list[Cell]]) -> None:
    """Number the columns without those that no cell begins in."""
    cells = [cell for row in rows for cell in row]
    columns = sorted({cell.column for cell in cells})
    for cell in cells:
        cell.column, cell.end = bisect_left(columns, cell.column), bisect_left(columns, cell.end)


def repeated(rows: Iterable[list[Cell]]) -> list[list[Cell]]:
    """The rows, and in each the cells that reach into it from above, if they are short."""
    result: list[list[Cell]] = []
    left = 0
    above: list[Cell] = []
    for row in rows:
        number = row[0].row
        left += _REPEATS * len(row)
        above = [cell for cell in above if cell.until > number]
        if len(above) <= left:
            left -= len(above)
            result.append(sorted((*above, *row), key=lambda cell: cell.column))
        else:
            result.append(row)
        if not all(cell.heading for cell in row):
            above += [cell for cell in row if cell.until > number + 1 and _is_short(cell)]
    return result


def _is_short(cell: Cell) -> bool:
    content = cell.content()
    return len(content) == 1 and len(content[0]) <= _LONGEST_REPEAT
