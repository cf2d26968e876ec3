"""What is one token to a reader of CSS (CSS Syntax Level 3, section 4), as far as inlining asks.

No comment, brace, comma or semicolon begins inside a string, an escape or the unquoted address of
a `url()`.
"""

import re
from collections.abc import Iterator
from typing import Final

STRING: Final = r"\"(?:[^\"\\\n\r\f]|\\\r\n|\\.)*+\"|'(?:[^'\\\n\r\f]|\\\r\n|\\.)*+'"
ESCAPE: Final = r"\\."
_ADDRESS: Final = r"(?<![\w-].)[rR][lL]\((?!\s*[\"'])(?:[^)\\]|\\.)*+(?:\)|\Z)"
# Each alternative begins with one letter, so that `re` skips what none begins with.
_OPAQUE: Final = rf"{STRING}|{ESCAPE}|u{_ADDRESS}|U{_ADDRESS}"
_COMMENT: Final = re.compile(rf"{_OPAQUE}|(?P<comment>/\*.*?(?:\*/|\Z)|<!--|-->)", re.DOTALL)
_HIDES_A_SIGN: Final = re.compile(r"[\"'(\[\\]")
_SIGN: Final = re.compile(rf"{_OPAQUE}|\(|\)|\[|\]|;", re.DOTALL)
BRACE: Final = re.compile(rf"{_OPAQUE}|\{{|\}}|;", re.DOTALL)


def without_comments(css: str) -> str:
    """The CSS without its comments and the marks of an HTML comment around it."""
    if "/*" not in css and "--" not in css:
        return css
    return _COMMENT.sub(lambda found: "" if found["comment"] else found[0], css)


def declarations(css: str) -> Iterator[tuple[str, str]]:
    """The name (lower case) and the value of each declaration in a block without its braces."""
    if not _HIDES_A_SIGN.search(css):
        for text in css.split(";"):
            yield from _declaration(text)
        return
    start = depth = 0
    for found in _SIGN.finditer(css):
        if found[0] in "([":
            depth += 1
        elif found[0] in ")]":
            depth = max(depth - 1, 0)
        elif found[0] == ";" and not depth:
            yield from _declaration(css[start : found.start()])
            start = found.end()
    yield from _declaration(css[start:])


def _declaration(text: str) -> list[tuple[str, str]]:
    name, colon, value = text.partition(":")
    name = name.strip().lower()
    return [(name, value.strip())] if colon and name else []
