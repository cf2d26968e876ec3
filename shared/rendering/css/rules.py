"""Splits a style sheet into rules that can become style attributes, and those that cannot.

What only a mail program can decide stays in a <style>: at-rules such as @media, states such as
`:hover`, and rules for elements, classes, ids and attributes that the HTML does not have, by which
a template reaches one mail program (`.ExternalClass *`, `[data-ogsc] .dark`, `u + .body a`).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from postroom.shared.rendering.css.attributes import Names
from postroom.shared.rendering.css.repeats import joined
from postroom.shared.rendering.css.syntax import BRACE, ESCAPE, STRING, without_comments

_COMMA: Final = re.compile(rf"{STRING}|{ESCAPE}|[(),\[\]]", re.DOTALL)
# Pseudo-classes that the HTML alone decides and css-inline knows; all others stay.
_STATIC: Final = re.compile(
    r"(?:first|last|only)-(?:child|of-type)|nth-(?:last-)?(?:child|of-type)|empty|not"
)
# An identifier (CSS Syntax Level 3, section 4.3.11), and what it is the name of.
_IDENTIFIER: Final = r"(?:[\w-]|[^\x00-\x7f]|\\[0-9a-fA-F]{1,6}\s?|\\[^\n])+"
_NAMED: Final = re.compile(
    rf"\[\s*(?P<attribute>{_IDENTIFIER})(?:{STRING}|[^\]\"'])*\]"
    rf"|::?(?P<pseudo>{_IDENTIFIER})|\.(?P<class_>{_IDENTIFIER})|\#(?P<id>{_IDENTIFIER})"
    rf"|(?P<element>{_IDENTIFIER})",
    re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
# A parser adds these elements where they are left out.
_IMPLIED: Final = frozenset({"html", "head", "body", "tbody", "tr", "colgroup"})


# At-rules that count only before all others (CSS Cascade 5, section 2), in their order.
_LEADING: Final = ("@charset", "@import", "@namespace")


class Rules(NamedTuple):
    """CSS to inline, and CSS that stays in a <style>; both in their order."""

    inlined: str
    kept: str


def split_rules(sheets: Iterable[str], names: Names) -> Rules:
    """The rules of the style sheets of an HTML document; `names` are those of its start tags."""
    names = names._replace(element=names.element | _IMPLIED)
    inlined: list[str] = []
    leading: list[str] = []
    kept: list[str] = []
    for sheet in sheets:
        begins = True
        for selectors, block in _rules(without_comments(sheet)):
            begins = begins and _rank(selectors) < len(_LEADING)
            if selectors.startswith("@") or "{" in block[1:]:
                (leading if begins else kept).append(f"{selectors}{block}")
                continue
            go, stay = _parted(selectors, names)
            kept += [f"{', '.join(stay)} {block}"] if stay else []
            inlined += [f"{', '.join(go)} {joined(block)}"] if go else []
    return Rules("\n".join(inlined), "\n".join((*sorted(leading, key=_rank), *kept)))


def _rank(rule: str) -> int:
    word = rule.partition(" ")[0].lower()
    return _LEADING.index(word) if word in _LEADING else len(_LEADING)


def _parted(selectors: str, names: Names) -> tuple[list[str], list[str]]:
    """The selectors that can become style attributes, and the others."""
    parts: tuple[list[str], list[str]] = ([], [])
    for one in _commas(selectors):
        parts[not _can_match(one, names)].append(one)
    return parts


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Each rule at the top: what precedes its block, and the block with its braces."""
    start, opened, depth = 0, 0, 0
    for found in BRACE.finditer(css):
        sign = found[0]
        if sign == "{":
            opened = opened if depth else found.start()
            depth += 1
        elif sign == "}" and depth:
            depth -= 1
            if not depth:
                head = css[start:opened].strip()
                block = css[opened : found.end()]
                yield (f"{head} " if head.startswith("@") else head), block
                start = found.end()
        elif sign == ";" and not depth:  # @import, @charset
            yield css[start : found.end()].strip(), ""
            start = found.end()
    if depth:  # the end of the sheet ends what is open
        yield css[start:opened].strip(), css[opened:] + "}" * depth


def _commas(selectors: str) -> list[str]:
    parts, start, depth = [], 0, 0
    for found in _COMMA.finditer(selectors):
        if found[0] in "([":
            depth += 1
        elif found[0] in ")]":
            depth -= 1
        elif found[0] == "," and not depth:
            parts.append(selectors[start : found.start()].strip())
            start = found.end()
    return [part for part in (*parts, selectors[start:].strip()) if part]


def _can_match(selector: str, names: Names | None) -> bool:
    """Whether an element of the HTML may match, now and in every mail program alike.

    Without `names`, only whether all mail programs agree.
    """
    at = 0
    while found := _NAMED.search(selector, at):
        at = found.end()
        kind = str(found.lastgroup)
        name = _ESCAPED.sub(_character, found[kind])
        if kind != "pseudo":
            # Classes and ids differ by their case, elements and attributes do not.
            name = name if kind in ("class_", "id") else name.lower()
            if names and name not in getattr(names, kind):
                return False
            continue
        inside, at = _argument(selector, at)
        if not _STATIC.fullmatch(name.lower()) or " of " in inside:
            return False
        if name.lower() == "not" and not all(_can_match(one, None) for one in _commas(inside)):
            return False
    return True


def _argument(selector: str, start: int) -> tuple[str, int]:
    """What stands in the brackets that open at `start`, if any, and where they end."""
    depth, end = 0, len(selector)
    if not selector.startswith("(", start):
        return "", start
    for found in _COMMA.finditer(selector, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            end = found.end()
            break
    return selector[start + 1 : end].removesuffix(")"), end


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16) if escape[1] else 0
    return (chr(code) if 0 < code < 0x110000 else "\ufffd") if escape[1] else escape[2]
