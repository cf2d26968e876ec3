"""Which elements nobody sees."""

import re
from collections.abc import Mapping
from typing import Final

from postroom.shared.rendering.css.syntax import declarations, without_comments

_HIDING: Final = {
    "display": re.compile(r"none"),
    "max-height": re.compile(r"0+(?:\.0*)?(?:[a-z]+|%)?"),
    "mso-hide": re.compile(r"all"),
    "visibility": re.compile(r"hidden"),
}
# A fast look, which nearly every style attribute is done with.
_MAY_HIDE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0", re.I
)
_IMPORTANT: Final = re.compile(r"!\s*important\Z")


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether an element with these attributes, and what is in it, is not shown."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return style is not None and _MAY_HIDE.search(style) is not None and _hides(style)


def _hides(style: str) -> bool:
    """Whether the last declaration of a property hides, or the last that is `!important`."""
    last: dict[str, str] = {}
    important: dict[str, str] = {}
    for name, value in declarations(without_comments(style)):
        if name in _HIDING:
            plain = _IMPORTANT.sub("", value.lower())
            (last if plain == value.lower() else important)[name] = plain.rstrip()
    last |= important
    return any(_HIDING[name].fullmatch(value) for name, value in last.items())
