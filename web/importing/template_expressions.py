"""Converts Django's expressions (`order.total|default:"-"`) to Jinja2, or says why not."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.template import Engine, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Variable
from django.utils.functional import Promise

from postroom.web.importing.template_shape import Shape

_LOOP: Final = {
    "counter": "index",
    "counter0": "index0",
    "revcounter": "revindex",
    "revcounter0": "revindex0",
    "first": "first",
    "last": "last",
}
_CONSTANTS: Final = {"True": "true", "False": "false", "None": "none"}
# Names that mean something else in Jinja2.
_TAKEN: Final = frozenset({"loop", "self", "super", "caller", "true", "false", "none", "block"})
# Filters that do the same in both.
_SAME: Final = {
    "upper": "upper",
    "lower": "lower",
    "length": "length",
    "wordcount": "wordcount",
    "urlencode": "urlencode",
    "linebreaksbr": "linebreaks",
    "escape": "e",
    "force_escape": "e",
    "first": 'first|default("")',
    "last": 'last|default("")',
}
_WITH_ARGUMENT: Final = {
    "default": "default({}, true)",
    "join": "join({})",
    "truncatechars": 'truncate({}, true, "…", 0)',
}


class NoCounterpartError(Exception):
    """A part of a Django template that has no counterpart in Jinja2; the message names it."""


class Expressions:
    """Converts expressions one by one; knows the names that loops and {% with %} define."""

    def __init__(self, *, is_markup: bool) -> None:
        self.root = Shape()
        self._is_markup = is_markup
        self._scopes: list[Mapping[str, Shape]] = []
        self._loops = 0
        self._parser = Parser([], {}, Engine.get_default().template_builtins)

    def enter(self, names: Mapping[str, Shape], *, loop: bool = False) -> None:
        """Enter a {% for %} or {% with %} that defines these names."""
        self._scopes.append(names)
        self._loops += loop

    def leave(self, *, loop: bool = False) -> None:
        """Leave it."""
        self._scopes.pop()
        self._loops -= loop

    def output(self, text: str) -> str:
        """The expression between `{{` and `}}`."""
        return self._convert(self._parse(text))

    def condition(self, text: str, *, number: bool, searched: bool) -> str:
        """An operand of {% if %}: in Django a missing variable is None there.

        `number`: it is compared with < or >; `searched`: it follows `in`. None in these places
        would raise an error that does not name the variable.
        """
        expression = self._parse(text)
        converted = self._convert(expression, number=number)
        if number or searched or expression.filters or _path(expression) is None:
            return converted
        return f"{converted}|default(none)"

    def sequence(self, text: str) -> tuple[str, Shape]:
        """The sequence of a {% for %}, and the shape of its element."""
        expression = self._parse(text)
        path = _path(expression)
        if path is None or expression.filters:
            raise NoCounterpartError(f"a loop through {text!r}")
        converted = self._convert(expression)
        if path[-1] in ("items", "keys", "values") and len(path) > 1:
            element = self.shape(path[:-1]).element(by_key=True)
            return f"{converted}()", element
        return f"{converted}|default([], true)", self.shape(path).element()

    def shape(self, path: tuple[str, ...]) -> Shape:
        """The variable of a path, in the innermost scope that defines its first name."""
        for names in reversed(self._scopes):
            if path[0] in names:
                return names[path[0]].part(path[1:])
        return self.root.part(path)

    def shape_of(self, text: str) -> Shape:
        """The variable an expression starts with; for a constant, a new one."""
        path = _path(self._parse(text))
        return self.shape(path) if path else Shape()

    def _parse(self, text: str) -> FilterExpression:
        try:
            return FilterExpression(text, self._parser)
        except TemplateSyntaxError as error:
            raise NoCounterpartError(str(error)) from error

    def _convert(self, expression: FilterExpression, *, number: bool = False) -> str:
        path = _path(expression)
        if path is not None:
            converted = self._name(path, number=number)
        else:
            converted = self._constant(expression.var)
        for function, arguments in expression.filters:
            converted = self._filtered(converted, function._filter_name, arguments)
        return converted

    def _name(self, path: tuple[str, ...], *, number: bool) -> str:
        if path[0] == "forloop":
            if not self._loops or len(path) != 2 or path[1] not in _LOOP:
                raise NoCounterpartError(".".join(path))
            return f"loop.{_LOOP[path[1]]}"
        if len(path) == 1 and path[0] in _CONSTANTS:
            return _CONSTANTS[path[0]]
        if path[0] in _TAKEN or any(step.startswith("_") for step in path):
            raise NoCounterpartError(
                f"the name {'.'.join(path)}, which means something else in Jinja2"
            )
        if path[-1] not in ("items", "keys", "values"):
            self.shape(path).is_number |= number
        return path[0] + "".join(f"[{s}]" if s.isdecimal() else f".{s}" for s in path[1:])

    def _constant(self, value: Any) -> str:
        if isinstance(value, Variable):
            value = value.literal
        if isinstance(value, Promise):
            raise NoCounterpartError("a translation, _(...)")
        if isinstance(value, str) and self._is_markup and any(sign in value for sign in "<>&'\""):
            raise NoCounterpartError(f"the constant {str(value)!r}, which Jinja2 escapes")
        return json.dumps(str(value) if isinstance(value, str) else value, ensure_ascii=False)

    def _filtered(self, converted: str, name: str, arguments: list[tuple[bool, Any]]) -> str:
        if name == "safe" and not self._is_markup:
            return converted  # nothing is escaped in text
        if name in _SAME and not arguments:
            return f"{converted}|{_SAME[name]}"
        if name in _WITH_ARGUMENT and len(arguments) == 1:
            [(is_variable, value)] = arguments
            argument = self._argument(value) if is_variable else self._constant(value)
            return f"{converted}|{_WITH_ARGUMENT[name].format(argument)}"
        raise NoCounterpartError(f"the filter {name}")

    def _argument(self, value: Variable) -> str:
        if value.lookups is None:
            return self._constant(value)
        return self._name(tuple(value.lookups), number=False)


def _path(expression: FilterExpression) -> tuple[str, ...] | None:
    """The steps of a variable; None for a constant."""
    var = expression.var
    if isinstance(var, Variable) and var.lookups is not None:
        return tuple(var.lookups)
    return None
