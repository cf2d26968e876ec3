"""What stands between texts that differ by their look in a browser, which a text part has not.

10 to the 6th would be 106, an old price and a new one a third. "1st", "TM" and "H2O" are right as
they are.
"""

import re
from typing import Final, NamedTuple


class Joint(NamedTuple):
    """A sign to put between two texts, by the end of the one and the beginning of the other."""

    sign: str
    end: re.Pattern[str]
    beginning: re.Pattern[str]

    def joined(self, last: str, text: str) -> str:
        """The text as it follows the character `last`."""
        needed = self.end.search(last) and self.beginning.match(text)
        return f"{self.sign}{text}" if needed else text


_DIGIT: Final = re.compile(r"[0-9]")
_WORD: Final = re.compile(r"\w")

POWER: Final = Joint("^", re.compile(r"[\w)\]]"), re.compile(r"[+\u2212-]?[0-9]"))
INDEX: Final = Joint("_", _DIGIT, _DIGIT)
NUMBERS: Final = Joint(" ", _DIGIT, _DIGIT)
WORDS: Final = Joint(" ", _WORD, _WORD)

# By element: where it begins, and where it ends.
JOINTS: Final[dict[str, tuple[Joint, Joint | None]]] = {
    "sup": (POWER, None),
    "sub": (INDEX, None),
    "ins": (NUMBERS, NUMBERS),
    **dict.fromkeys(("del", "s", "strike"), (NUMBERS, WORDS)),
}
