"""Numbers in attributes, as browsers read them."""

import re
from typing import Final

# Of a longer number nobody sees the end; int() refuses very long ones.
_WHOLE: Final = re.compile(r"[ \t\n\f\r]*([+-]?[0-9]{1,9})")


def whole_number(value: str, otherwise: int) -> int:
    """The number that `value` begins with (HTML Living Standard 2.3.4.1), else `otherwise`."""
    found = _WHOLE.match(value)
    return int(found[1]) if found else otherwise
