"""Inlines the CSS of an HTML template around its Jinja tags: once per template, not per e-mail.

Comments and words that an HTML parser keeps replace Jinja's tags, css-inline does its work, and the
tags are put back. Where the result could differ from inlining the rendered e-mail,
UntreatableCssError is raised: a Jinja tag inside an HTML tag, a variable in class, id or style,
selectors that depend on neighbours or attribute values, an {% if %} around half an element, end
tags left out. See what-speed-costs: CSS inlined at load.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import css_inline

# At-rules (@media for phones and dark mode) cannot be inlined and stay in a <style>.
_INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

# css-inline is recursive: somewhere above 10,000 nested elements it ends the process, mailer or
# web, by a segmentation fault. Two tags (`<table><td>`) can nest up to four elements.
MAX_TAGS: Final = 3_000

_PLACE: Final = re.compile(r"<!--zqv(\d+)-->|zqv(\d+)zqv")
_SKELETON: Final = re.compile(r"<!--zqv\d+-->|zqv\d+zqv|</?[a-zA-Z][a-zA-Z0-9]*")
_STYLE: Final = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
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


def inline_css(html: str) -> str:
    """The document with the rules of its <style> as style attributes, at-rules kept apart.

    Nothing is fetched. HTML without a <style>, with more than `MAX_TAGS` tags or with an unreadable
    style attribute is returned unchanged, with its <style>.
    """
    if "<style" not in html.lower() or html.count("<") > MAX_TAGS:
        return html
    try:
        return _INLINER.inline(html)
    except css_inline.InlineError:
        return html


def inline_pieces(pieces: Sequence[Piece]) -> str:
    """The template's source with inlined CSS; raises UntreatableCssError if that is not safe."""
    marked = "".join(_placeholder(i, piece) for i, piece in enumerate(pieces))
    if "<style" not in marked.lower():
        return "".join(piece.text for piece in pieces)
    if marked.count("<") > MAX_TAGS:
        raise UntreatableCssError
    css = "".join(_STYLE.findall(marked))
    selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    if "zqv" in css or _NEIGHBOURS.search(selectors) or _UNSTABLE.search(marked):
        raise UntreatableCssError
    _check_balance(_skeleton(marked), pieces)
    try:
        inlined = _INLINER.inline(marked)
    except css_inline.InlineError as error:
        raise UntreatableCssError from error
    # Every parser implies tbody; written out, it would open inside a loop and close outside.
    inlined = re.sub(r"</?tbody>", "", inlined)
    if _MADE_UP.search(inlined) or _skeleton(inlined) != _skeleton(marked):
        raise UntreatableCssError
    return _PLACE.sub(lambda found: pieces[int(found[1] or found[2])].text, inlined)


def _placeholder(i: int, piece: Piece) -> str:
    if not piece.tag:
        return piece.text
    return f"zqv{i}zqv" if piece.tag == "{{" else f"<!--zqv{i}-->"


def _skeleton(html: str) -> list[str]:
    """Tags and placeholders in order, without what a parser may add to any document."""
    found = (tag.lower() for tag in _SKELETON.findall(_STYLE.sub("", html)))
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
