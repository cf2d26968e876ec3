"""Flattens an HTML template and the layouts it extends into one source with its CSS inlined.

`prepare` gives no source for templates whose CSS must be inlined after rendering: those that
`css.py` cannot treat, and those with included or imported parts, macros,
super(), blocks within blocks.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import jinja2

from postroom.shared.rendering.css.inlining import Piece, UntreatableCssError, inline_pieces
from postroom.shared.rendering.link_sources import is_certain

# fmt: off
_KNOWN: Final = frozenset({
    "if", "elif", "else", "endif", "for", "endfor", "set", "with", "endwith", "block", "endblock",
    "extends",
})
# fmt: on
_MAX_LAYOUTS: Final = 5


class Prepared(NamedTuple):
    """`text`: the flattened source, None where that is not safe; `certain`: see `is_certain`."""

    text: str | None
    certain: bool


def prepare(environment: jinja2.Environment, name: str) -> Prepared:
    """The flattened source of `name` with its CSS inlined, and whether its links are certain.

    The source is for an environment without trim_blocks and lstrip_blocks: both are applied
    already. Raises what Jinja raises for a template that cannot be read or parsed.
    """
    certain = False
    try:
        pieces = list(_flatten(environment, name))
        certain = is_certain(pieces)
        return Prepared(inline_pieces(pieces), certain)
    except UntreatableCssError:
        return Prepared(None, certain)


def _flatten(environment: jinja2.Environment, name: str) -> Iterator[Piece]:
    """The pieces of the outermost layout, its blocks filled with those of the templates below."""
    filled: dict[str, list[Piece]] = {}
    for _ in range(_MAX_LAYOUTS):
        pieces = list(_pieces(environment, name))
        parent = next((p.argument for p in pieces if p.tag == "extends"), None)
        if parent is None:
            break
        for block, content in _blocks(pieces).items():
            filled.setdefault(block, content)
        name = parent
    else:
        raise UntreatableCssError
    open_block: str | None = None
    for piece in pieces:
        if piece.tag == "block":
            if open_block is not None:
                raise UntreatableCssError
            open_block = piece.argument
            # A block has its own scope; {% with %} gives the same scope without a function call.
            yield Piece("with", "{% with %}")
            yield from filled.get(open_block, ())
        elif piece.tag == "endblock":
            open_block = None
            yield Piece("endwith", "{% endwith %}")
        elif open_block not in filled:
            yield piece


def _blocks(pieces: Sequence[Piece]) -> dict[str, list[Piece]]:
    """The blocks of a template that extends another: name and content."""
    blocks: dict[str, list[Piece]] = {}
    current: list[Piece] | None = None
    for piece in pieces:
        if piece.tag == "block" and current is None:
            current = blocks[piece.argument] = []
        elif piece.tag == "endblock":
            current = None
        elif current is not None and piece.tag != "block":
            current.append(piece)
        elif piece.tag not in ("", "extends"):
            # A {% set %} or {{ }} outside every block, or a block in a block.
            raise UntreatableCssError
    return blocks


def _pieces(environment: jinja2.Environment, name: str) -> Iterator[Piece]:
    """Cut a template with Jinja's own lexer, which trims white space and drops comments."""
    if environment.loader is None:
        raise UntreatableCssError
    source = environment.loader.get_source(environment, name)[0]
    words: list[tuple[str, str]] = []
    for _, kind, value in environment.lex(source, name):
        match kind:
            case "data":
                yield Piece("", value)
            case "variable_begin" | "block_begin":
                words = []
            case "variable_end":
                yield Piece("{{", "{{ " + "".join(v for _, v in words).strip() + " }}")
            case "block_end":
                yield _statement(words)
            case "raw_begin":
                raise UntreatableCssError
            case _:
                words.append((kind, value))
                if kind == "name" and value in ("super", "self", "caller"):
                    raise UntreatableCssError


def _statement(words: Sequence[tuple[str, str]]) -> Piece:
    meant = [(kind, value) for kind, value in words if kind != "whitespace"]
    tag = meant[0][1]
    # {% set x %}...{% endset %} moves HTML elsewhere; {% extends name %} is known only later.
    block_set = tag == "set" and ("operator", "=") not in meant
    computed = tag == "extends" and (len(meant) != 2 or meant[1][0] != "string")
    if tag not in _KNOWN or block_set or computed or ("name", "recursive") in meant:
        raise UntreatableCssError
    argument = meant[1][1].strip("'\"") if len(meant) > 1 else ""
    return Piece(tag, "{% " + "".join(v for _, v in words).strip() + " %}", argument)
