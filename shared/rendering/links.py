"""Links that could run a program when they are opened: `javascript:`, `data:` and their like.

HTML is looked through after a rendering, every attribute that holds a URL, as a browser would read
it. Templates that need no such look are found by `link_sources.py`.
"""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Final

from postroom.shared.rendering.budget import RefusedValueError

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
_PICTURES: Final = frozenset({
    "src", "background", "poster", "lowsrc", "dynsrc", "srcset", "imagesrcset", "style",
})  # fmt: skip
_SHOWN: Final = frozenset({"img", "input", "image", "v:fill", "v:image", "v:imagedata"})  # by `src`
_PICTURE_IN_SET: Final = re.compile(
    rf"{_PICTURE.pattern}(?:(?<=;)base64,)?[a-z0-9+/=%]*", re.IGNORECASE
)
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
        refresh = tag == "meta" and any(name == "http-equiv" for name, _ in attrs)
        for name, value in attrs:
            if name == "content" and not refresh:  # a description, a title: words
                continue
            for url in _urls_in(name, value or ""):
                place = name if name != "src" or tag in _SHOWN else ""
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
    if name in ("srcset", "imagesrcset"):
        value = _PICTURE_IN_SET.sub("", value)
    if name in ("srcset", "imagesrcset", "ping", "archive", "values"):
        return [value, *re.split(r"[\s,;]+", value)]
    return [value] if name in ATTRIBUTES else []


def _css_character(found: re.Match[str]) -> str:
    if found[2]:
        return found[2]
    code = int(found[1], 16)
    return chr(code) if code < 0x110000 else ""
