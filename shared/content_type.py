"""Media types of attachments: `text/calendar; method=REQUEST` (RFC 2045 5.1)."""

import mimetypes
import re
from typing import Final

MAX_LENGTH: Final = 255
_WORD: Final = r"[A-Za-z0-9!#$&^_.+'*`|~%{}-]+"
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_TYPE: Final = re.compile(rf"{_NAME}/{_NAME}")
_PARAMETER: Final = re.compile(
    rf"\s*;\s*({_WORD})\s*=\s*({_WORD}|\"(?:[ !#-\[\]-~]|\\[ -~])*\")\s*"
)
_BINARY: Final = "application/octet-stream"
_COMPRESSED: Final = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
}
# The mailer writes these itself.
_OURS: Final = frozenset({"name", "name*", "boundary"})


def normal(value: str) -> str:
    """The type in lower case with its parameters, `; ` between them; without `name`.

    Raises:
        ValueError: not a type such as image/png; says so.
    """
    value = value.rstrip("; \t")
    kind = _TYPE.match(value)
    if kind is None or len(value) > MAX_LENGTH:
        raise ValueError(f"{value[:MAX_LENGTH]!r} is not a type such as image/png")
    parts = [kind[0].lower()]
    at = kind.end()
    while at < len(value):
        found = _PARAMETER.match(value, at)
        if found is None:
            raise ValueError(
                f"{value!r} is not a type such as image/png or text/calendar; method=REQUEST"
            )
        if found[1].lower() not in _OURS:
            parts.append(f"{found[1].lower()}={found[2]}")
        at = found.end()
    if len(parts) != len({part.partition("=")[0] for part in parts}):
        raise ValueError(f"{value!r} has a parameter twice")
    return "; ".join(parts)


def guessed(name: str) -> str:
    """The type that a file's name stands for; of `report.csv.gz` that of the compressed bytes."""
    kind, compression = mimetypes.guess_type(name)
    return _COMPRESSED.get(compression, _BINARY) if compression else kind or _BINARY


def charset(value: str) -> str:
    """The charset that a type names, else utf-8."""
    found = re.search(r";\s*charset\s*=\s*\"?([^\s;\"]+)", value, re.IGNORECASE)
    return found[1] if found else "utf-8"
