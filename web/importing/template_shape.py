"""The variables of a template, collected during conversion for its sample.json."""

import re
from collections.abc import Sequence
from typing import Any, Final

_LINK: Final = re.compile(r"url|link|href", re.IGNORECASE)


class Shape:
    """A variable: a value, an object with parts, or a list of shapes."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._parts: dict[str, Shape] = {}
        self._element: Shape | None = None
        self._by_key = False
        self.is_number = False
        self.is_link = bool(_LINK.search(name))

    def part(self, path: Sequence[str]) -> "Shape":
        """The shape of a path such as `order.lines.0` below this one, created if it is new."""
        shape = self
        for step in path:
            if step.isdecimal():
                shape = shape.element()
            else:
                shape = shape._parts.setdefault(step, Shape(step))
        return shape

    def element(self, *, by_key: bool = False) -> "Shape":
        """The shape of an element of this list; `by_key`: of a dict's items in a loop."""
        if self._element is None:
            self._element = Shape(self._name.removesuffix("s") or "item")
        self._by_key = by_key
        return self._element

    def parts(self) -> dict[str, Any]:
        """A sample value for each part, which names the variable."""
        return {name: part._value() for name, part in self._parts.items()}

    def _value(self) -> Any:
        if self._parts:
            return self.parts()
        if self._element is not None:
            value = self._element._value()
            return {"first": value} if self._by_key else [value, value]
        if self.is_number:
            return 2
        if self.is_link:
            return f"https://example.org/{self._name}"
        return f"Sample {self._name.replace('_', ' ')}"
