"""Keeps spreadsheets from running text that people typed as a formula (OWASP, "CSV injection")."""

import re
from typing import Final

# Also the full-width forms, which some editions of Excel read as the same signs.
_SIGNS: Final = "=+@\uff1d\uff0b\uff20\uff0d-"
# What a spreadsheet skips before a formula: blanks, marks that cannot be seen, quotes.
_SKIPPED: Final = r"[\s\ufeff\u200b-\u200f\u2060\"']*"
# Behind `;`, `|`, a tab or a line end begins a cell where a spreadsheet splits by these: which of
# them it takes depends on the language of its user. The writer of a CSV quotes commas.
_START: Final = re.compile(rf"(^|[;|\t\r\n]|,(?=\S))(?={_SKIPPED}[{_SIGNS}])")
_TAB_OR_LINE_END: Final = ("\t", "\r", "\n")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may treat the text, or a part of it, as a formula."""
    return bool(_START.search(text)) or text.startswith(_TAB_OR_LINE_END)


def harmless(text: str) -> str:
    """The text for a cell of a CSV, with an apostrophe before each start of a formula."""
    if not is_formula(text):
        return text
    guarded = _START.sub(r"\1'", text)
    return f"'{guarded}" if guarded.startswith(_TAB_OR_LINE_END) else guarded
