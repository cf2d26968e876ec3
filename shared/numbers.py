"""Whole numbers typed by people: `int()` takes more than they mean."""

import re
from typing import Final

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,30}")


def whole_number(text: str) -> int:
    """The number of `12` or `-3`; not `1_0`, `1e3`, `1.0`, other scripts' digits, or blanks.

    Raises:
        ValueError: the text is not a whole number.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)
