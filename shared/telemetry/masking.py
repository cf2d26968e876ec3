"""Hides the local part of e-mail addresses in text that goes to logs or the screen."""

import re

# The look-behind lets a match begin only at the start of a word: linear on text without an "@".
_ADDRESS = re.compile(
    r"\"([^\"@\s])[^\"\r\n]{0,200}\"@([^\s<>@\"',;:()]+)"
    r"|(?<![^\s<>@\"',;:()])([^\s<>@\"',;:()])[^\s<>@\"',;:()]*@([^\s<>@\"',;:()]+)"
)


def mask_addresses(text: str) -> str:
    """`ann.lee@example.org` becomes `a***@example.org`."""
    return _ADDRESS.sub(lambda m: f"{m[1] or m[3]}***@{m[2] or m[4]}", text)
