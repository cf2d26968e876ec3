"""Reads the attributes of a start tag as they are written.

A value may hold what looks like an attribute (`title="Choose a style = bold"`), so that they are
read one by one.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[^\s/>][^\s=/>]*+)(?:\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s>]*))?"
)


class Names(NamedTuple):
    """What the start tags of an HTML document name: what a selector can match."""

    element: set[str]
    attribute: set[str]
    class_: set[str]
    id: set[str]


def attribute(tag: str, name: str, start: int = 0, end: int | None = None) -> re.Match[str] | None:
    """The first attribute of this name (lower case) in `tag[start:end]`; parsers take the first.

    `start` is behind the tag's name, `end` before its `>`. `value`, if any, has its quotes.
    """
    for found in _ATTRIBUTE.finditer(tag, start, len(tag) if end is None else end):
        if found["name"].lower() == name:
            return found
    return None


def names_charset(attributes: str) -> bool:
    """Whether those of a <meta> say how the document is encoded."""
    content = attribute(attributes, "content")
    return attribute(attributes, "charset") is not None or (
        attribute(attributes, "http-equiv") is not None
        and content is not None
        and "charset" in content[0].lower()
    )


def stays_apart(attributes: str) -> bool:
    """Whether those of a <style> say that it is for one medium, or is not to be inlined."""
    mark = attribute(attributes, "data-css-inline")
    return attribute(attributes, "media") is not None or (
        mark is not None and "ignore" in (mark["value"] or "").lower()
    )


def names_in(tags: Iterable[re.Match[str]]) -> Names:
    """The names in start tags, matches with the groups `name` and `attributes`."""
    names = Names(set(), set(), set(), set())
    for tag in tags:
        names.element.add(tag["name"].lower())
        for found in _ATTRIBUTE.finditer(tag["attributes"]):
            name, value = found["name"].lower(), (found["value"] or "").strip("\"'")
            names.attribute.add(name)
            if name == "class":
                names.class_.update(value.split())
            elif name == "id":
                names.id.add(value)
    return names
