"""Reads HTML strictly, tag by tag, and says what is wrong with it (pure).

Parsers in mail programs repair what is broken, each in its own way; here nothing is repaired.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_KNOWN: Final = frozenset(
    {
        "a", "b", "blockquote", "body", "code", "div", "em", "h1", "h2", "h3", "head", "html", "i",
        "li", "ol", "p", "pre", "small", "span", "strong", "style", "table", "tbody", "td", "tfoot",
        "th", "thead", "title", "tr", "u", "ul",
    }
) | _VOID  # fmt: skip
_BLOCKS: Final = frozenset(
    {"blockquote", "div", "h1", "h2", "h3", "hr", "ol", "p", "pre", "table", "ul"}
)
_PARENTS: Final = {
    "li": {"ol", "ul"}, "tr": {"tbody", "thead", "tfoot", "table"}, "td": {"tr"}, "th": {"tr"},
    "tbody": {"table"}, "thead": {"table"}, "title": {"head"}, "meta": {"head"}, "style": {"head"},
    "body": {"html"}, "head": {"html"},
}  # fmt: skip
_LINES: Final = _BLOCKS | {"br", "li", "td", "th", "tr", "body"}
_EARLY: Final = 1024  # bytes in which a browser looks for the encoding


@dataclass
class Page:
    """What was found. `links`: every `href`, in order; `words`: visible text, a line per block."""

    problems: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    words: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    buttons: int = 0
    language: str = ""
    direction: str = ""
    preheader: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[tuple[str, dict[str, str]]] = []
        self._ids: set[str] = set()
        self._raw = ""

    def say(self, problem: str) -> None:
        self.page.problems.append(f"line {self.getpos()[0]}: {problem}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if len(found) != len(attrs):
            self.say(f"<{tag}> has an attribute twice")
        if tag not in _KNOWN:
            self.say(f"<{tag}> is not an element that e-mails may have")
        parent = self.open[-1][0] if self.open else ""
        if tag in _PARENTS and parent not in _PARENTS[tag]:
            self.say(f"<{tag}> within <{parent}>")
        outer = {name for name, _ in self.open}
        if tag in _BLOCKS and "p" in outer:
            self.say(f"<{tag}> within <p>")
        if tag == "a" and "a" in outer:
            self.say("a link within a link")
        self._attributes(tag, found)
        if tag in _LINES:
            self.page.words = f"{self.page.words.rstrip(' ')}\n"
        self.page.counts[tag] = self.page.counts.get(tag, 0) + 1
        if tag not in _VOID:
            self.open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            self.say(f"</{tag}> ends what has no end")
        elif not self.open or self.open[-1][0] != tag:
            self.say(f"</{tag}> while <{self.open[-1][0] if self.open else ''}> is open")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        inner = [name for name, _ in self.open]
        if "style" in inner or "title" in inner:
            return
        if not data.strip():
            self.page.words += " " if data and self.page.words[-1:].strip() else ""
            return
        if not inner or inner[-1] in ("table", "tbody", "tr", "ul", "ol", "head", "html"):
            self.say(f"text where none may be: {data.strip()[:40]!r}")
        hidden = any("preheader" in found.get("class", "") for _, found in self.open)
        if hidden:
            self.page.preheader += data
        else:
            self.page.words += data.replace("\n", " ")

    def handle_entityref(self, name: str) -> None:
        self.say(f"an unknown entity &{name}")

    def _attributes(self, tag: str, found: dict[str, str]) -> None:
        page = self.page
        if (own := found.get("id")) is not None:
            if not own or own in self._ids:
                self.say(f"the id {own!r} is empty or there twice")
            self._ids.add(own)
        for name, value in found.items():
            if name.startswith("on") or value.strip().lower().startswith("javascript:"):
                self.say(f"a script in {name}")
        match tag:
            case "html":
                page.language, page.direction = found.get("lang", ""), found.get("dir", "")
            case "th" if found.get("scope") not in ("row", "col"):
                self.say("<th> without scope")
            case "img" if "alt" not in found:
                self.say("<img> without alt")
            case "table" if found.get("class") != "facts" and found.get("role") != "presentation":
                self.say("a layout table without role=presentation")
            case "a":
                self._link(found)

    def _link(self, found: dict[str, str]) -> None:
        self.page.links.append(found.get("href", ""))
        self.page.buttons += "button" in found.get("class", "").split()
        if not re.match(r"https://|mailto:", found.get("href", "")):
            self.say(f"a link to {found.get('href')!r}")


def read(html: str) -> Page:
    """What a strict reader finds in a whole document."""
    reader = _Reader()
    if not html.lstrip().lower().startswith("<!doctype html>"):
        reader.say("no doctype at the beginning")
    reader.feed(html)
    reader.close()
    for tag, _ in reader.open:
        reader.say(f"<{tag}> is not closed")
    page = reader.page
    if re.search(rb"<meta charset=", html.encode()[:_EARLY], re.I) is None:
        reader.say("no charset in the first kilobyte")
    if page.counts.get("h1", 0) != 1:
        reader.say(f"{page.counts.get('h1', 0)} headings h1")
    if page.counts.get("title", 0) != 1:
        reader.say("no title, or several")
    if page.buttons > 1:
        reader.say(f"{page.buttons} primary actions")
    if re.search(r"<(?:script|link|img|iframe|object)\b|@import|url\(", html, re.I):
        reader.say("something is fetched or runs")
    return page
