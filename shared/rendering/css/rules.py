"""Splits a style sheet into rules that can become style attributes, and those that cannot.

What only a mail program can decide stays in a <style>: at-rules such as @media, states such as
`:hover`, and rules for elements and attributes that the HTML does not have, by which a template
reaches one mail program (`.ExternalClass *`, `[data-ogsc] .dark`, `#outlook a`).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from postroom.shared.rendering.css.repeats import joined
from postroom.shared.rendering.css.syntax import BRACE, ESCAPE, STRING, without_comments

_COMMA: Final = re.compile(rf"{STRING}|{ESCAPE}|[(),\[\]]", re.DOTALL)
# Pseudo-classes that the HTML alone decides; all others depend on the reader.
_STATIC: Final = re.compile(
    r":(?:(?:first|last|only)-(?:child|of-type)|nth-[a-z-]+|empty|not|is|where|has)\b", re.I
)
_ARGUMENTS: Final = re.compile(r":nth-[a-z-]+\([^()]*\)", re.I)
_LISTS: Final = re.compile(r":(?:not|is|where|has)\([^()]*\)", re.I)
_ATTRIBUTE: Final = re.compile(r"\[\s*([\w-]+)[^\]]*\]")
_NAME: Final = re.compile(r"[a-z_][\w-]*", re.ASCII)
# A parser adds these elements where they are left out.
_IMPLIED: Final = frozenset({"html", "head", "body", "tbody"})


class Rules(NamedTuple):
    """CSS to inline, and CSS that stays in a <style>; both in their order."""

    inlined: str
    kept: str


def split_rules(css: str, tags: str) -> Rules:
    """The rules of `css`; `tags` are the start tags of the HTML that it is for."""
    words = _IMPLIED.union(_NAME.findall(tags.lower()))
    inlined: list[str] = []
    kept: list[str] = []
    for selectors, block in _rules(without_comments(css)):
        if selectors.startswith("@") or "{" in block[1:]:
            kept.append(f"{selectors}{block}")
            continue
        stay = [one for one in _commas(selectors) if not _can_match(one, words)]
        go = [one for one in _commas(selectors) if one not in stay]
        kept += [f"{', '.join(stay)} {block}"] if stay else []
        inlined += [f"{', '.join(go)} {joined(block)}"] if go else []
    return Rules("\n".join(inlined), "\n".join(kept))


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


def _can_match(selector: str, words: frozenset[str]) -> bool:
    """Whether an element of the HTML may match, now and in every mail program alike."""
    plain = re.sub(STRING, "", re.sub(r"\\.", " ", selector))
    plain = _ARGUMENTS.sub("", plain)
    if ":" in _STATIC.sub("", plain):
        return False
    plain = _ATTRIBUTE.sub(r" \1 ", _STATIC.sub("", _LISTS.sub("", plain)))
    return all(name in words for name in _NAME.findall(plain.lower()))
