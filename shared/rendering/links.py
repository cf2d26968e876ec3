"""Links that could run a program when they are opened: `javascript:`, `data:` and their like.

Templates are read once: where a variable can only become text or the whole of a link, the filter
`url` checks its value and that is all. HTML from other templates is looked through after each
rendering, every attribute that holds a URL, as a browser would read it.
"""

import re
from collections.abc import Iterable, Sequence
from html import unescape
from html.parser import HTMLParser
from typing import Final

from postroom.shared.rendering.budget import RefusedValueError
from postroom.shared.rendering.css import Piece

# Schemes that run a script or a program of the reader's machine, or show a page of the link's own
# making. Every other scheme leads somewhere: https, mailto, tel, sms, webcal, cid, an app's own.
_REFUSED: Final = re.compile(
    r"(?:javascript|vbscript|livescript|mocha|ecmascript|data|blob|filesystem|file|about|view-source"
    r"|jar|mhtml|mk|its|ms-[a-z0-9-]*|res|resource|shell|search|search-ms|vnd\.ms\.radio|hcp|chrome"
    r"|wyciwyg|feed|pcast|tncrypt|jnlp):",
    re.IGNORECASE,
)
# What browsers leave out of a URL or before it (URL Living Standard 4.4), and what hides a letter.
_UNREAD: Final = re.compile(
    "[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]+"
)
_USUAL: Final = ("https://", "http://", "mailto:")  # nearly always
_PICTURE: Final = re.compile(
    r"data:image/(?:png|gif|jpe?g|webp|avif|bmp|x-icon)[;,]", re.IGNORECASE
)

ATTRIBUTES: Final = frozenset({
    "href", "src", "action", "formaction", "background", "poster", "data", "xlink:href", "srcset",
    "imagesrcset", "cite", "longdesc", "ping", "lowsrc", "dynsrc", "codebase", "manifest",
    "classid", "archive", "icon", "usemap", "profile", "from", "to", "values", "by",
})  # fmt: skip
# Those whose value is one URL from its first letter, so that the value alone can be checked.
_WHOLE: Final = frozenset({
    "href", "src", "action", "formaction", "background", "poster", "data", "xlink:href", "cite",
    "longdesc", "lowsrc", "dynsrc",
})  # fmt: skip
_PICTURES: Final = frozenset({"src", "background", "poster", "lowsrc", "dynsrc", "srcset"})
_OTHERS: Final = frozenset({"style", "content", "srcdoc"})  # a URL may be inside their value
_CSS_URL: Final = re.compile(r"(?:url|image|src)\(\s*[\"']?\s*([^\"')]*)", re.IGNORECASE)
_CSS_ESCAPE: Final = re.compile(r"\\([0-9a-f]{1,6})\s?|\\(.)", re.IGNORECASE)
_REFRESH: Final = re.compile(r"^[\s\d.;,]*(?:url\s*=\s*)?[\"']?(.*)", re.IGNORECASE | re.DOTALL)
# Whether anything could be refused at all: after the steps below, none of these is left to hide.
_ENTITY: Final = re.compile(
    r"&(?:#(?!3[49];)|colon|tab|newline|[a-z]*(?:space|lpar|bsol)|shy)", re.I
)


def refused_scheme(link: str, place: str = "") -> str:
    """The scheme of a link that must not be sent, with its colon; '' for any other link.

    Also '' for an empty link, which leads nowhere. `place`: the attribute, lower case; one that
    shows a picture may hold the picture itself (`data:image/png`).
    """
    if link.startswith(_USUAL) or ":" not in link:
        return ""
    bare = _UNREAD.sub("", link)
    found = _REFUSED.match(bare)
    if not found or (place in _PICTURES and _PICTURE.match(bare)):
        return ""
    return found[0].lower()


def check_html(html: str) -> None:
    """Look at every URL of an HTML document.

    Raises:
        RefusedValueError: one could run a program; names the attribute and the scheme.
    """
    if not _suspicious(html):
        return
    reader = _Urls()
    reader.feed(html)
    reader.close()


def _suspicious(html: str) -> bool:
    """A fast look: False means that no URL of it can be refused, in whatever spelling."""
    return (
        "\\" in html
        or _ENTITY.search(html) is not None
        or _REFUSED.search(_UNREAD.sub("", html)) is not None
    )


class _Urls(HTMLParser):
    """Reads tags as a browser does, also those that only some mail programs see in a comment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check the attributes."""
        self._in_style = tag == "style"
        for name, value in attrs:
            for url in _urls_in(name, value or ""):
                place = name if name != "src" or tag in ("img", "input", "v:fill", "image") else ""
                if scheme := refused_scheme(url, place):
                    raise RefusedValueError(
                        f"the attribute {name!r} of <{tag}> is a link with {scheme!r}, which may "
                        "run a program"
                    )

    def handle_data(self, data: str) -> None:
        """Check the URLs of a style sheet."""
        if self._in_style:
            self.handle_starttag("style", [("style", data)])

    def handle_endtag(self, tag: str) -> None:
        """A style sheet ends."""
        self._in_style = False

    def handle_comment(self, data: str) -> None:
        """Outlook reads what is inside `<!--[if mso]> ... <![endif]-->`."""
        if data.lstrip().startswith("[if") and "<" in data:
            reader = _Urls()
            reader.feed(data.partition("]>")[2])
            reader.close()


def _urls_in(name: str, value: str) -> Iterable[str]:
    if name == "style":
        plain = _CSS_ESCAPE.sub(_css_character, value)
        return [found[1] for found in _CSS_URL.finditer(plain)]
    if name == "content":
        found = _REFRESH.match(value)
        return [found[1]] if found else []
    if name == "srcdoc":
        check_html(value)
        return []
    if name in ("srcset", "imagesrcset", "ping", "archive", "values"):
        return [value, *re.split(r"[\s,;]+", value)]
    return [value] if name in ATTRIBUTES else []


def _css_character(found: re.Match[str]) -> str:
    if found[2]:
        return found[2]
    code = int(found[1], 16)
    return chr(code) if code < 0x110000 else ""


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
