"""Inlines the CSS of an HTML template around its Jinja tags: once per template, not per e-mail.

css-inline says which style each element gets, and only these attributes are written into the
source; everything else in it (doctype, conditional comments, entities) stays as the author wrote
it. For a template, comments and words that an HTML parser keeps replace Jinja's tags meanwhile.
Where the result could differ from inlining the rendered e-mail, UntreatableCssError is raised: a
Jinja tag inside an HTML tag, a variable in class, id or style, selectors that depend on neighbours
or attribute values, an {% if %} around half an element, end tags left out. See what-speed-costs:
CSS inlined at load.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import css_inline

from postroom.shared.rendering.css.attributes import (
    attribute,
    names_charset,
    names_in,
    stays_apart,
)
from postroom.shared.rendering.css.conditions import inside_after
from postroom.shared.rendering.css.repeats import parted
from postroom.shared.rendering.css.rules import split_rules

_INLINER: Final = css_inline.CSSInliner(load_remote_stylesheets=False)

# css-inline is recursive: somewhere above 10,000 nested elements it ends the process, mailer or
# web, by a segmentation fault. Two tags (`<table><td>`) can nest up to four elements.
MAX_TAGS: Final = 3_000
# It compares each rule with each element, and keeps the whole document in memory.
MAX_CSS: Final = 100_000
MAX_HTML: Final = 2_000_000

_PLACE: Final = re.compile(r"<!--zqv(\d+)-->|zqv(\d+)zqv")
_SKELETON: Final = re.compile(r"<!--zqv\d+-->|zqv\d+zqv|</?[a-zA-Z][a-zA-Z0-9]*")
_ATTRIBUTES: Final = r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*"
# Comments, elements whose content is not HTML, and start tags, in this order of precedence.
_TAGS: Final = re.compile(
    rf"(?P<comment><!--.*?(?:-->|\Z)|<!\[[^>]*>)"
    rf"|<style(?P<sheet>\s{_ATTRIBUTES}|)>(?P<css>.*?)</style\s*>"
    rf"|<(script|title|textarea|xmp|noscript)\b{_ATTRIBUTES}>.*?</\3\s*>"
    rf"|<(?P<name>[a-zA-Z][^\s/>]*)(?P<attributes>{_ATTRIBUTES})>",
    re.IGNORECASE | re.DOTALL,
)
_SELF_CLOSING: Final = re.compile(r"(?:\A|[\s\"'])/\Z")
_STYLED: Final = re.compile(
    r"<[^\s/<>]+ (?=(?:[^<>\"]|\"[^\"]*\")*?\bzqn=\"(\d+)\")(?=(?:[^<>\"]|\"[^\"]*\")*?"
    r"(?<![^\s\"])style=\"([^\"]*)\")"
)
_STYLE: Final = re.compile("style", re.IGNORECASE)
_NEIGHBOURS: Final = re.compile(r"[+~\[]|:(?:nth|first|last|only|empty|has|not|is|where)\b", re.I)
_UNSTABLE: Final = re.compile(
    r"<[a-zA-Z][^<>]*<!--zqv"  # a statement inside a tag
    r"|\b(?:class|id|style)\s*=\s*(?:\"[^\"]*zqv|'[^']*zqv|zqv)"
    r"|(?:zqv|zqv\d+-->|</tbody>)\s*<tbody"  # several, or in some renderings
    r"|<!--(?!zqv)(?:(?!-->).)*?<!--zqv",  # a statement inside a comment, such as Outlook's
    re.IGNORECASE | re.DOTALL,
)
# What the parser may add: tags made of entities, attributes made of words, bodies of tables.
_MADE_UP: Final = re.compile(r"\{[{%#]|zqv\d+zqv[^\s\"]*=\"|<tbody")
_SHEET: Final = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
_IMPLIED: Final = frozenset({"html", "head", "body", "tbody"})
_VOID: Final = frozenset(
    {"<br", "<hr", "<img", "<meta", "<link", "<col", "<input", "<wbr", "<area"}
)


class UntreatableCssError(Exception):
    """This template's CSS must be inlined after rendering."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Literal text (`tag` ''), an output (`tag` '{{') or a statement (`tag` its first word)."""

    tag: str
    text: str
    argument: str = ""


class _Page:
    """HTML cut at its style sheets and start tags, and its rules."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.tags: list[re.Match[str]] = []
        self.sheets: list[re.Match[str]] = []
        self._others: list[re.Match[str]] = []  # these stay where and as they are
        conditional = False
        for found in _TAGS.finditer(html):
            if found["name"]:
                self.tags.append(found)
            elif found["css"] is not None:
                apart = conditional or stays_apart(found["sheet"])
                (self._others if apart else self.sheets).append(found)
            elif found["comment"]:
                conditional = inside_after(found["comment"], conditional)
        css = [sheet["css"] for sheet in self.sheets]
        large = sum(map(len, css)) > MAX_CSS
        self.too_large = large or len(html) > MAX_HTML or html.count("<") > MAX_TAGS
        self.rules = split_rules([] if self.too_large else css, names_in(self.tags))

    def numbered(self) -> str:
        """The HTML with a number in each start tag, and only the rules to inline."""
        edits = [
            (tag.end("name"), tag.end("name"), f' zqn="{n}"') for n, tag in enumerate(self.tags)
        ]
        for i, sheet in enumerate(self.sheets):
            rules = "" if i else f"<style>{self.rules.inlined}</style>"
            edits.append((*sheet.span(), rules))
        edits += [(*sheet.span(), "") for sheet in self._others]
        return _edited(self.html, edits)

    def with_styles(self, inlined: str) -> str:
        """The HTML with the style attributes of `inlined`, and one <style> for what stays."""
        edits: list[tuple[int, int, str]] = []
        seen: set[int] = set()
        for found in _STYLED.finditer(parted(inlined)):
            number = int(found[1])
            if number not in seen:  # a parser may repeat an element that was not closed
                seen.add(number)
                edits.append(_styled(self.tags[number], found[2]))
        metas = (tag for tag in self.tags if tag["name"].lower() == "meta")
        charset = next((tag for tag in metas if names_charset(tag["attributes"])), None)
        place = max(self.sheets[0].start(), charset.end() if charset else 0)
        for sheet in self.sheets:
            end = sheet.end() + self.html.startswith("\n", sheet.end())
            edits.append((sheet.start(), end, ""))
        if self.rules.kept:
            edits.append((place, place, f"<style>\n{self.rules.kept}\n</style>\n"))
        return _edited(self.html, edits)


def inline_css(html: str) -> str:
    """The document with the rules of its <style> as style attributes.

    Rules that only a mail program can apply stay in one <style>, behind <meta charset>. Nothing is
    fetched. HTML without a <style>, that is too large, or with an unreadable style attribute is
    returned unchanged, with its <style>.
    """
    if "<style" not in html.lower() or html.count("<") > MAX_TAGS or len(html) > MAX_HTML:
        return html
    page = _Page(html)
    if not page.sheets or page.too_large:
        return html
    try:
        return page.with_styles(_INLINER.inline(page.numbered()))
    except css_inline.InlineError:
        return html


def inline_pieces(pieces: Sequence[Piece]) -> str:
    """The template's source with inlined CSS; raises UntreatableCssError if that is not safe."""
    marked = "".join(_placeholder(i, piece) for i, piece in enumerate(pieces))
    if "<style" not in marked.lower():
        return "".join(piece.text for piece in pieces)
    if marked.count("<") > MAX_TAGS or len(marked) > MAX_HTML:
        raise UntreatableCssError
    page = _Page(marked)
    selectors = re.sub(r"\{[^{}]*\}", "{}", page.rules.inlined)
    if (
        page.too_large
        or any("zqv" in sheet[0] or _in_branch(sheet, pieces) for sheet in page.sheets)
        or _NEIGHBOURS.search(selectors)
        or _UNSTABLE.search(marked)
    ):
        raise UntreatableCssError
    if page.sheets:
        skeleton = _skeleton(marked)
        _check_balance(skeleton, pieces)
        try:
            inlined = _INLINER.inline(page.numbered())
        except css_inline.InlineError as error:
            raise UntreatableCssError from error
        # Every parser implies tbody.
        inlined = re.sub(r"</?tbody\b[^>]*>", "", inlined)
        if _MADE_UP.search(inlined) or _skeleton(inlined) != skeleton:
            raise UntreatableCssError
        marked = page.with_styles(inlined)
    return _PLACE.sub(lambda found: pieces[int(found[1] or found[2])].text, marked)


def _in_branch(sheet: re.Match[str], pieces: Sequence[Piece]) -> bool:
    """Whether a style sheet is in some renderings only."""
    before = _PLACE.finditer(sheet.string, 0, sheet.start())
    tags = [pieces[int(found[1])].tag for found in before if found[1]]
    opened = sum(tag in ("if", "for") for tag in tags)
    return opened > sum(tag in ("endif", "endfor") for tag in tags)


def _styled(tag: re.Match[str], style: str) -> tuple[int, int, str]:
    """The edit that gives a start tag this style attribute."""
    place = tag.span("attributes")
    own = _STYLE.search(tag.string, *place) and attribute(tag.string, "style", *place)
    if own:
        return (*own.span(), f'style="{style}"')
    end = tag.end("attributes")
    end -= bool(_SELF_CLOSING.search(tag["attributes"]))
    kept = tag.string[:end].rstrip()
    return len(kept), len(kept), f' style="{style}"'


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))


def _placeholder(i: int, piece: Piece) -> str:
    if not piece.tag:
        return piece.text
    return f"zqv{i}zqv" if piece.tag == "{{" else f"<!--zqv{i}-->"


def _skeleton(html: str) -> list[str]:
    """Tags and placeholders in order, without what a parser may add to any document."""
    found = (tag.lower() for tag in _SKELETON.findall(_SHEET.sub("", html)))
    return [tag for tag in found if tag.strip("</") not in _IMPLIED]


def _check_balance(skeleton: Sequence[str], pieces: Sequence[Piece]) -> None:
    """Raise UntreatableCssError unless every branch and every turn of a loop holds whole elements.

    Otherwise a rule for an element's content would also match what is inside only sometimes.
    """
    open_tags: list[str] = []
    for mark in skeleton:
        place = _PLACE.fullmatch(mark)
        tag = pieces[int(place[1])].tag if place and place[1] else ""
        if tag in ("if", "for", "with"):
            open_tags.append(tag)
        elif tag in ("elif", "else"):
            if open_tags[-1:] not in (["if"], ["for"]):
                raise UntreatableCssError
        elif tag.startswith("end") or mark.startswith("</"):
            closed = tag.removeprefix("end") if tag else "<" + mark[2:]
            if open_tags[-1:] != [closed]:
                raise UntreatableCssError
            open_tags.pop()
        elif not place and mark not in _VOID:
            open_tags.append(mark)
