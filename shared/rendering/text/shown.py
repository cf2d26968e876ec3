"""How CSS shows elements: which nobody sees, and which have lines of their own."""

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
_MAY_BREAK: Final = re.compile(
    r"display\s*:\s*(?:block|flow|flex|grid|table|list-item|-webkit)", re.I
)
_IMPORTANT: Final = re.compile(r"!\s*important\Z")
# Values of `display` whose box begins below what precedes it (CSS Display 3, section 2).
_BLOCKS: Final = re.compile(
    r"(?:block|flow-root|flex|grid|-webkit-box|table|list-item"
    r"|table-(?:row|caption|(?:row|header|footer)-group))(?: flow| flow-root| flex| grid| table)?"
)


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Whether an element with these attributes, and what is in it, is not shown."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if style is None or not _MAY_HIDE.search(style):
        return False
    return any(_HIDING[name].fullmatch(value) for name, value in _in_force(style).items())


def is_block(attributes: Mapping[str, str]) -> bool:
    """Whether the style attribute gives an element lines of its own."""
    style = attributes.get("style")
    if style is None or not _MAY_BREAK.search(style):
        return False
    return _BLOCKS.fullmatch(_in_force(style).get("display", "")) is not None


def _in_force(style: str) -> dict[str, str]:
    """Of the properties that may hide, the last declaration, or the last that is `!important`."""
    last: dict[str, str] = {}
    important: dict[str, str] = {}
    for name, value in declarations(without_comments(style)):
        if name in _HIDING:
            plain = _IMPORTANT.sub("", value.lower())
            (last if plain == value.lower() else important)[name] = plain.rstrip()
    return last | important
