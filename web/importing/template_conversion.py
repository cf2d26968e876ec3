"""Converts one Django template to Jinja2 where Jinja2 has the same meaning."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.template.base import Lexer, Token, TokenType

from postroom.web.importing.template_expressions import Expressions, NoCounterpartError
from postroom.web.importing.template_shape import Shape

_OPERATORS: Final = frozenset({"and", "or", "not", "in", "==", "!=", "<", ">", "<=", ">="})
_ORDER: Final = frozenset({"<", ">", "<=", ">="})
# Text that Jinja2 would parse as the start of a tag.
_BEGINNING: Final = re.compile(r"\{(?:[{%#]|\Z)")
_OPEN_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Converted:
    """`source` in Jinja2, and sample values for its variables.

    `problems`: line, and what has no counterpart. If there is any, `source` must not be used.
    """

    source: str
    sample: dict[str, Any]
    problems: Sequence[tuple[int, str]]


def convert(source: str, *, is_markup: bool) -> Converted:
    """Convert a subject or body of django-post_office; `is_markup`: HTML, which is escaped."""
    conversion = _Conversion(is_markup=is_markup)
    for token in Lexer(source).tokenize():
        conversion.add(token)
    return conversion.ended()


class _Conversion:
    """The pieces so far, the open blocks, and the problems found."""

    def __init__(self, *, is_markup: bool) -> None:
        self._is_markup = is_markup
        self._expressions = Expressions(is_markup=is_markup)
        self._open: list[str] = []
        self._pieces: list[tuple[bool, str]] = []  # whether it is a statement, and its text
        self._problems: list[tuple[int, str]] = []

    def ended(self) -> Converted:
        texts = [
            self._statement(place) if is_statement else text
            for place, (is_statement, text) in enumerate(self._pieces)
        ]
        return Converted("".join(texts), self._expressions.root.parts(), self._problems)

    def add(self, token: Token) -> None:
        if self._open[-1:] == ["comment"] and token.contents != "endcomment":
            return
        try:
            match token.token_type:
                case TokenType.TEXT:
                    text = _BEGINNING.sub(lambda found: f'{{{{ "{found[0]}" }}}}', token.contents)
                    self._pieces.append((False, text))
                case TokenType.VAR:
                    output = self._expressions.output(token.contents)
                    if self._pieces and _OPEN_HREF.search(self._pieces[-1][1]):
                        self._expressions.shape_of(token.contents).is_link = True
                    self._pieces.append((False, f"{{{{ {output} }}}}"))
                case TokenType.BLOCK:
                    self._block(*token.split_contents())
        except NoCounterpartError as error:
            self._problems.append((token.lineno or 1, str(error)))

    def _block(self, name: str, *words: str) -> None:
        match name:
            case "if" | "elif":
                if name == "if":
                    self._open.append(name)
                self._say(f"{name} {self._condition(words)}")
            case "else" | "empty":
                self._say("else")
            case "for":
                self._open.append(name)
                self._for(list(words))
            case "with":
                self._open.append(name)
                self._with(words)
            case "comment" | "verbatim":
                self._open.append(name)
            # No effect where HTML is escaped anyway, or text is not.
            case "autoescape" if words == ("on",) or not self._is_markup:
                self._open.append(name)
            case _ if not name.startswith("end"):
                raise NoCounterpartError(f"{{% {name} %}}")
            case _ if self._open[-1:] == [name.removeprefix("end")]:
                self._end(self._open.pop())

    def _say(self, statement: str) -> None:
        self._pieces.append((True, statement))

    def _end(self, name: str) -> None:
        if name in ("for", "with"):
            self._expressions.leave(loop=name == "for")
        if name in ("if", "for", "with"):
            self._say(f"end{name}")

    def _condition(self, words: Sequence[str]) -> str:
        converted = []
        for place, word in enumerate(words):
            if word == "is":
                raise NoCounterpartError("the operator is")
            if word not in _OPERATORS:
                before = words[place - 1] if place else ""
                number = not _ORDER.isdisjoint((before, *words[place + 1 : place + 2]))
                searched = before == "in"
                converted.append(
                    self._expressions.condition(word, number=number, searched=searched)
                )
            else:
                converted.append(word)
        return " ".join(converted)

    def _for(self, words: list[str]) -> None:
        shapes: dict[str, Shape] = {}
        turned = words[-1:] == ["reversed"]
        *before, of, through = words[: len(words) - turned] if len(words) > 2 else ["", "", ""]
        names = " ".join(before).replace(",", " ").split()
        try:
            if of != "in" or (len(names) > 1 and not through.endswith(".items")):
                raise NoCounterpartError(f"{{% for {' '.join(words)} %}}")
            sequence, element = self._expressions.sequence(through)
            shapes = {name: Shape(name) for name in names[:-1]} | {names[-1]: element}
        finally:
            self._expressions.enter(shapes, loop=True)
        self._say(f"for {', '.join(names)} in {sequence}{'|reverse' if turned else ''}")

    def _with(self, words: Sequence[str]) -> None:
        if len(words) == 3 and words[1] == "as":
            words = [f"{words[2]}={words[0]}"]
        given, shapes = [], {}
        try:
            for name, sign, value in (word.partition("=") for word in words):
                if not sign:
                    raise NoCounterpartError(f"{{% with {' '.join(words)} %}}")
                given.append(f"{name}={self._expressions.output(value)}")
                shapes[name] = self._expressions.shape_of(value)
        finally:
            self._expressions.enter(shapes)
        self._say(f"with {', '.join(given)}")

    def _statement(self, place: int) -> str:
        """With `+` where Jinja2 would remove whitespace or a line end that Django keeps."""
        before = self._text_at(place - 1) if place else "\n"
        after = self._text_at(place + 1)
        last_line = before.rpartition("\n")[2]
        begins_line = not last_line.strip() and "\n" in before
        left = "+" if not self._is_markup and before and not last_line.strip() else ""
        right = "+" if after.startswith("\n") and not (self._is_markup and begins_line) else ""
        return f"{{%{left} {self._pieces[place][1]} {right}%}}"

    def _text_at(self, place: int) -> str:
        """The text of a neighbour; empty for a statement or beyond the end."""
        is_statement, text = self._pieces[place] if place < len(self._pieces) else (True, "")
        return "" if is_statement else text
