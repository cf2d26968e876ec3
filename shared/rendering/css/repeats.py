"""Keeps a property that one rule declares several times.

`background: #036; background: linear-gradient(...)` is a fallback: a mail program takes the last
value that it knows. css-inline keeps one declaration of each name, so several become one before,
and are several again after.
"""

import re
from typing import Final

from postroom.shared.rendering.css.syntax import declarations

# Words that no style sheet has; css-inline takes them for part of the value.
_WORD: Final = "zqagainzq"  # ends with a letter that is rare: found missing fast
_AGAIN: Final = f" {_WORD} "
_IS: Final = " zqis "
_IMPORTANT: Final = re.compile(r"!\s*important\s*\Z", re.IGNORECASE)


def joined(block: str) -> str:
    """A rule's block, with its braces, in which each property is declared once if that is safe."""
    names = [text.partition(":")[0].strip() for text in block[1:-1].split(";")]
    if len(set(names)) == len(names):  # nearly always
        return block
    values: list[tuple[str, str]] = []
    latest: dict[str, tuple[str, bool]] = {}  # by family
    at: dict[str, int] = {}
    for name, value in declarations(block[1:-1]):
        this = (name, bool(_IMPORTANT.search(value)))
        family = _family(name)
        # Between the two, `background-color` could have a turn of its own.
        if latest.get(family) == this:
            values[at[name]] = (name, f"{values[at[name]][1]}{_AGAIN}{name}{_IS}{value}")
        else:
            at[name] = len(values)
            values.append((name, value))
        latest[family] = this
    return "{ " + "; ".join(f"{name}: {value}" for name, value in values) + " }"


def _family(name: str) -> str:
    """What a shorthand and its longhands begin with."""
    first = name.split("-", 1)[0]
    return "font" if first == "line" else first


def parted(inlined: str) -> str:
    """Inlined HTML with each declaration of its style attributes by itself again."""
    if _WORD not in inlined:
        return inlined
    return inlined.replace(_AGAIN, "; ").replace(_IS, ": ")
