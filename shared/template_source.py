"""Inlines the CSS of an HTML template once, before it is compiled, instead of once an e-mail.

The template and the layouts it extends are flattened into one source; Jinja's tags are exchanged
for comments and words that an HTML parser carries through; css-inline does its work; the tags come
back. That is only done where it gives the same HTML as inlining the rendered e-mail, and
`prepare` returns None where it would not: tags inside HTML tags, variables in class, id or style,
selectors that depend on neighbours or attribute values, included or imported parts, nested
blocks, HTML with end tags left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import css_inline
import jinja2

# At-rules (@media for phones and dark mode) cannot be inlined and stay in a <style>.
_INLINER: Final = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
_KNOWN: Final = frozenset(
    ["if", "elif", "else", "endif", "for", "endfor", "set", "with", "endwith", "block", "endblock", "extends"]
)
_MAX_LAYOUTS: Final = 5

_PLACE: Final = re.compile(r"<!--zqv(\d+)-->|zqv(\d+)zqv")
_SKELETON: Final = re.compile(r"<!--zqv\d+-->|zqv\d+zqv|</?[a-zA-Z][a-zA-Z0-9]*")
_STYLE: Final = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
_NEIGHBOURS: Final = re.compile(r"[+~\[]|:(?:nth|first|last|only|empty|has|not|is|where)\b", re.I)
_UNSTABLE: Final = re.compile(
    r"<[a-zA-Z][^<>]*<!--zqv"  # a statement inside a tag
    r"|\b(?:class|id|style)\s*=\s*(?:\"[^\"]*zqv|'[^']*zqv|zqv)"
    r"|<!--(?!zqv)(?:(?!-->).)*?<!--zqv",  # a statement inside a comment, such as Outlook's
    re.IGNORECASE | re.DOTALL,
)


class _Untreatable(Exception):
    """This template's CSS must be inlined after rendering."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Literal text (`tag` ''), an output (`tag` '{{') or a statement (`tag` its first word)."""

    tag: str
    text: str
    argument: str = ""


def inline_css(html: str) -> str:
    """The document with the rules of its <style> as style attributes, at-rules kept apart.

    HTML without a <style> is returned as it is. Nothing is fetched.
    """
    return _INLINER.inline(html) if "<style" in html.lower() else html


def prepare(environment: jinja2.Environment, name: str) -> str | None:
    """The flattened source of `name` with its CSS inlined, or None where that is not safe.

    The result is written for an environment without trim_blocks and lstrip_blocks: white space is
    settled already. Raises what Jinja raises for a template that cannot be read or parsed.
    """
    try:
        pieces = list(_flatten(environment, name))
        if "<style" not in "".join(p.text for p in pieces if not p.tag).lower():
            return "".join(p.text for p in pieces)
        return _inline(pieces)
    except _Untreatable:
        return None


def _flatten(environment: jinja2.Environment, name: str) -> Iterator[_Piece]:
    """The pieces of the outermost layout, its blocks filled with those of the templates below."""
    filled: dict[str, list[_Piece]] = {}
    for _ in range(_MAX_LAYOUTS):
        pieces = list(_pieces(environment, name))
        parent = next((p.argument for p in pieces if p.tag == "extends"), None)
        if parent is None:
            break
        for block, content in _blocks(pieces).items():
            filled.setdefault(block, content)
        name = parent
    else:
        raise _Untreatable
    open_block: str | None = None
    for piece in pieces:
        if piece.tag == "block":
            if open_block is not None:
                raise _Untreatable
            open_block = piece.argument
            # A block has a scope of its own; {% with %} is the same without a function call.
            yield _Piece("with", "{% with %}")
            yield from filled.get(open_block, ())
        elif piece.tag == "endblock":
            open_block = None
            yield _Piece("endwith", "{% endwith %}")
        elif open_block not in filled:
            yield piece


def _blocks(pieces: Sequence[_Piece]) -> dict[str, list[_Piece]]:
    """The blocks of a template that extends another: name and content."""
    blocks: dict[str, list[_Piece]] = {}
    current: list[_Piece] | None = None
    for piece in pieces:
        if piece.tag == "block" and current is None:
            current = blocks[piece.argument] = []
        elif piece.tag == "endblock":
            current = None
        elif current is not None and piece.tag != "block":
            current.append(piece)
        elif piece.tag not in ("", "extends"):
            raise _Untreatable  # a {% set %} or {{ }} outside every block, or a block in a block
    return blocks


def _pieces(environment: jinja2.Environment, name: str) -> Iterator[_Piece]:
    """Cut a template with Jinja's own lexer, which settles white space and drops comments."""
    if environment.loader is None:
        raise _Untreatable
    source = environment.loader.get_source(environment, name)[0]
    words: list[tuple[str, str]] = []
    for _, kind, value in environment.lex(source, name):
        match kind:
            case "data":
                yield _Piece("", value)
            case "variable_begin" | "block_begin":
                words = []
            case "variable_end":
                yield _Piece("{{", "{{ " + "".join(v for _, v in words).strip() + " }}")
            case "block_end":
                yield _statement(words)
            case "raw_begin":
                raise _Untreatable
            case _:
                words.append((kind, value))
                if kind == "name" and value in ("super", "self", "caller"):
                    raise _Untreatable


def _statement(words: Sequence[tuple[str, str]]) -> _Piece:
    meant = [(kind, value) for kind, value in words if kind != "whitespace"]
    tag = meant[0][1]
    # {% set x %}...{% endset %} moves HTML elsewhere; {% extends name %} is known only later.
    block_set = tag == "set" and ("operator", "=") not in meant
    computed = tag == "extends" and (len(meant) != 2 or meant[1][0] != "string")
    if tag not in _KNOWN or block_set or computed or ("name", "recursive") in meant:
        raise _Untreatable
    argument = meant[1][1].strip("'\"") if len(meant) > 1 else ""
    return _Piece(tag, "{% " + "".join(v for _, v in words).strip() + " %}", argument)


def _inline(pieces: Sequence[_Piece]) -> str:
    """Inline the CSS around placeholders, and make sure that the structure came through."""
    marked = "".join(_placeholder(i, piece) for i, piece in enumerate(pieces))
    css = "".join(_STYLE.findall(marked))
    selectors = re.sub(r"\{[^{}]*\}", "{}", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    if "zqv" in css or _NEIGHBOURS.search(selectors) or _UNSTABLE.search(marked):
        raise _Untreatable
    inlined = _INLINER.inline(marked)
    if "<tbody" not in marked.lower():
        # Implied by every parser; written out, it would open inside a loop and close outside.
        inlined = re.sub(r"</?tbody>", "", inlined)
    made_up = re.search(r"\{[{%#]|zqv\d+zqv[^\s\"]*=\"", inlined)
    if made_up or _skeleton(inlined) != _skeleton(marked):
        raise _Untreatable
    return _PLACE.sub(lambda found: pieces[int(found[1] or found[2])].text, inlined)


def _placeholder(i: int, piece: _Piece) -> str:
    if not piece.tag:
        return piece.text
    return f"zqv{i}zqv" if piece.tag == "{{" else f"<!--zqv{i}-->"


def _skeleton(html: str) -> list[str]:
    """Tags and placeholders in order, without what a parser may add to any document."""
    found = (tag.lower() for tag in _SKELETON.findall(_STYLE.sub("", html)))
    return [tag for tag in found if tag.strip("</") not in ("html", "head", "body")]
