"""Which variables of a template can become a link, found once when it is loaded.

Where a variable can only become text or the whole of a link, the filter `url` checks its value and
that is all. The output of any other template is looked through (links.py).
"""

import re
from collections.abc import Sequence
from html import unescape
from typing import Final

from postroom.shared.rendering.budget import RefusedValueError
from postroom.shared.rendering.css.inlining import Piece
from postroom.shared.rendering.links import _OTHERS, _WHOLE, ATTRIBUTES, check_html

# What stands before a variable in an attribute and cannot be part of its scheme.
_SCHEME_OVER: Final = re.compile(r"[:/?#]")
_OPENING: Final = re.compile(
    r"<!--|<(?P<tag>[a-zA-Z][^\s/>]*)|</[a-zA-Z][^>]*>|<[!?/][^>]*>", re.DOTALL
)
_NEXT: Final = re.compile(r"\s*/?\s*(?:(?P<end>>)|(?P<name>[^\s=>/]+)(?P<is>\s*=\s*)?)")
_MARKUP: Final = re.compile(r"\|\s*(?:tojson|urlize|linebreaks)\b")
_RAW: Final = frozenset({"style", "script", "noscript", "xmp", "iframe", "noembed", "noframes"})


def is_certain(pieces: Sequence[Piece]) -> bool:
    """Whether no variable can make a link that must not be sent, the filter `url` in place.

    Certain are variables in text, in quoted attributes that hold no URL, behind a scheme that the
    template itself writes, and alone at the start of a URL. Anything else is not.
    """
    static = "".join(piece.text for piece in pieces if not piece.tag)
    try:
        check_html(static)
    except RefusedValueError:
        return False
    place = _Place()
    for piece in pieces:
        if not piece.tag:
            place.read(piece.text)
        elif piece.tag == "{{":
            place.variable(piece.text)
        elif place.inside:
            return False
        if place.lost:
            return False
    return not place.inside


class _Place:
    """Where in the HTML the next piece of a template is."""

    def __init__(self) -> None:
        self.lost = False
        self._tag = ""  # the open tag, while its attributes are read
        self._attribute = ""
        self._quote = ""  # around the value being read
        self._value = ""
        self._alone = False  # a variable began this URL: what follows must not add to its scheme

    @property
    def inside(self) -> bool:
        """Whether it is inside a tag."""
        return bool(self._tag)

    def variable(self, text: str) -> None:
        """A variable is here."""
        if not self._tag:
            self.lost = "urlize" in text
        elif not self._quote or _MARKUP.search(text) or self._attribute in _OTHERS or self._alone:
            self.lost = True
        elif self._attribute in ATTRIBUTES:
            if self._attribute in _WHOLE and not self._value.strip():
                self._alone = True
            elif not _SCHEME_OVER.search(unescape(self._value)):
                self.lost = True

    def read(self, text: str) -> None:
        """Text of the template is here."""
        at = 0
        while at < len(text) and not self.lost:
            at = self._read_value(text, at) if self._quote else self._read_tag(text, at)

    def _read_value(self, text: str, at: int) -> int:
        end = text.find(self._quote, at)
        part = text[at:] if end < 0 else text[at:end]
        if self._alone and part:
            self.lost = unescape(part)[0] not in "/?#&"
            self._alone = self._alone and self.lost
        self._value += part
        if end < 0:
            return len(text)
        self._quote = self._attribute = self._value = ""
        self._alone = False
        return end + 1

    def _read_tag(self, text: str, at: int) -> int:
        if not self._tag:
            found = _OPENING.search(text, at)
            if not found:
                self.lost = text.rfind("<", at) > text.rfind(">", at)  # cut by a variable
                return len(text)
            if found[0] == "<!--":
                return self._skip(text, found.end(), "-->")
            self._tag = (found["tag"] or "").lower()
            return found.end()
        found = _NEXT.match(text, at)
        if not found:
            self.lost = bool(text[at:].strip())
            return len(text)
        if found["end"]:
            raw, self._tag = self._tag if self._tag in _RAW else "", ""
            return self._skip(text, found.end(), f"</{raw}") if raw else found.end()
        self._attribute = found["name"].lower()
        if not found["is"]:
            return found.end()
        if text[found.end() : found.end() + 1] in ("'", '"'):
            self._quote = text[found.end()]
            return found.end() + 1
        value = re.compile(r"[^\s>]*").match(text, found.end())
        end = value.end() if value else found.end()
        self.lost = end == len(text) or end == found.end()  # a variable without quotes
        return end

    def _skip(self, text: str, at: int, until: str) -> int:
        """Past a comment or a style sheet, in which no variable may be."""
        end = text.lower().find(until, at)
        self.lost = end < 0
        return end + len(until) if until == "-->" else end


def attribute_before(text: str) -> str:
    """The attribute whose value begins at the end of this text of a template, if it is a URL."""
    found = _BEGINS.search(text)
    name = found[1].lower() if found else ""
    return name if name in _WHOLE else ""


_BEGINS: Final = re.compile(r"[\s\"'/]([a-zA-Z][\w:-]*)\s*=\s*[\"']?\s*$")
