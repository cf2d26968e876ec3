"""What is one token to a reader of CSS (CSS Syntax Level 3, section 4), as far as inlining asks.

No comment, brace, comma or semicolon begins inside a string, an escape or the unquoted address of
a `url()`.
"""

import re
from typing import Final

STRING: Final = r"\"(?:[^\"\\\n\r\f]|\\\r\n|\\.)*+\"|'(?:[^'\\\n\r\f]|\\\r\n|\\.)*+'"
ESCAPE: Final = r"\\."
URL: Final = r"(?<![\w-])(?i:url)\((?!\s*[\"'])(?:[^)\\]|\\.)*+(?:\)|\Z)"
_OPAQUE: Final = rf"{STRING}|{ESCAPE}|{URL}"
_COMMENT: Final = re.compile(rf"{_OPAQUE}|(?P<comment>/\*.*?(?:\*/|\Z)|<!--|-->)", re.DOTALL)
BRACE: Final = re.compile(rf"{_OPAQUE}|[{{}};]", re.DOTALL)


def without_comments(css: str) -> str:
    """The CSS without its comments and the marks of an HTML comment around it."""
    if "/*" not in css and "--" not in css:
        return css
    return _COMMENT.sub(lambda found: "" if found["comment"] else found[0], css)
