"""Numbers in attributes, as browsers read them, and those of the items of lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

# Of a longer number nobody sees the end; int() refuses very long ones.
_WHOLE: Final = re.compile(r"[ \t\n\f\r]*([+-]?[0-9]{1,9})")


def whole_number(value: str, otherwise: int) -> int:
    """The number that `value` begins with (HTML Living Standard 2.3.4.1), else `otherwise`."""
    found = _WHOLE.match(value)
    return int(found[1]) if found else otherwise


class Numbers:
    """Those of one list's items."""

    __slots__ = ("_next", "_step", "count")

    def __init__(self, first: int, step: int) -> None:
        self.count = 0
        self._next = first
        self._step = step

    def take(self, attributes: Mapping[str, str]) -> int:
        """That of the next item, which has these attributes."""
        number = whole_number(attributes.get("value", ""), self._next)
        self.count += 1
        self._next = number + self._step
        return number


class Numbering:
    """The numbered lists of a document.

    One that counts down begins with the number of its items, which nobody knows before its end:
    `counts` are those of a first reading, and `is_open` is whether there should be another.
    """

    def __init__(self, counts: Sequence[int] = ()) -> None:
        self.is_open = False
        self._counts = counts
        self._down: list[Numbers] = []

    def begin(self, attributes: Mapping[str, str]) -> Numbers:
        """A list with these attributes begins."""
        first = attributes.get("start", "")
        if "reversed" not in attributes:
            return Numbers(whole_number(first, 1), 1)
        known = len(self._down) < len(self._counts)
        count = self._counts[len(self._down)] if known else 1
        self.is_open = self.is_open or not known
        self._down.append(numbers := Numbers(whole_number(first, count), -1))
        return numbers

    def counts(self) -> list[int]:
        """The number of items in each list that counts down."""
        return [numbers.count for numbers in self._down]
