"""What a template needs so that rendering it cannot fail: a check without rendering.

A call that queues an e-mail makes sure that its template can be rendered. Most templates only
output names and choose between pieces by them; for those it is enough that every name exists and
holds a text or a number. See what-speed-costs: checking without rendering.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import jinja2
from jinja2 import nodes

from postroom.shared.branding import Brand
from postroom.shared.rendering.budget import MAX_CHARACTERS
from postroom.shared.rendering.links import refused_scheme

# Filters that take any text or number, and whose result is never longer than escaping makes it.
_HARMLESS: Final = frozenset({"capitalize", "e", "escape", "lower", "string", "trim", "upper"})
_GROWTH: Final = 6  # one character becomes at most this many, as in `&#39;`
_DIGITS: Final = 4300  # most digits of a number that Python converts to text (sys.int_info)
_SHORT: Final = frozenset({int, float, bool, type(None)})
_ABSENT: Final = ()  # neither a text nor a number
# What every template may name without a context that has it, and the most characters of each.
PROVIDED: Final = frozenset(
    {"language", "dir", "_language", "_dir", "list_unsubscribe_url", *Brand().variables()}
)
LONGEST_PROVIDED: Final = 1000


class _UnsureError(Exception):
    """Only rendering can show whether it works."""


@dataclass(frozen=True, slots=True)
class Needs:
    """`required`, `optional`, `provided`: names with how often they are output; `links`: URLs among
    them, each with its attribute.

    `characters`: the length of the template's own output, in both branches of every choice.
    """

    required: tuple[tuple[str, int], ...]
    optional: tuple[tuple[str, int], ...]
    provided: tuple[tuple[str, int], ...]
    links: tuple[tuple[str, str], ...]
    characters: int

    def met(self, context: Mapping[str, Any], limit: int = MAX_CHARACTERS) -> bool:
        """Whether rendering with `context` will certainly work; False: render it to find out."""
        size = self.characters
        every = ((self.required, _ABSENT), (self.optional, ""), (self.provided, None))
        for names, absent in every:
            for name, times in names:
                value = context.get(name, absent)
                if value is None:
                    size += times * _GROWTH
                elif type(value) is str:
                    size += times * _GROWTH * len(value)
                elif type(value) in _SHORT:
                    size += times * _DIGITS
                else:
                    return False
        # A character takes four bytes at most.
        return size * 4 <= limit and not any(
            name in context and refused_scheme(str(context[name]), place)
            for name, place in self.links
        )

    @classmethod
    def of(cls, environment: jinja2.Environment, source: str, name: str) -> Self | None:
        """The needs of a template's source; None when only rendering can show it.

        Raises jinja2.TemplateSyntaxError.
        """
        reading = _Reading()
        parsed = environment.parse(source, name)
        if any(found.name == "self" for found in parsed.find_all(nodes.Name)):
            return None  # Jinja's own `self`, even if the context has this name
        try:
            reading.statements(parsed.body)
        except _UnsureError:
            return None
        return cls._together(reading.required, reading.optional, reading.links, reading.characters)

    @classmethod
    def of_all(cls, parts: Sequence[Self | None]) -> Self | None:
        """The needs of several together; None when one of them is."""
        required, optional = Counter[str](), Counter[str]()
        links: set[tuple[str, str]] = set()
        for part in parts:
            if part is None:
                return None
            required.update(dict(part.required))
            optional.update(dict(part.optional))
            optional.update(dict(part.provided))
            links.update(part.links)
        return cls._together(
            required, optional, links, sum(part.characters for part in parts if part)
        )

    @classmethod
    def _together(
        cls,
        required: Counter[str],
        optional: Counter[str],
        links: Iterable[tuple[str, str]],
        characters: int,
    ) -> Self:
        times = required + optional
        provided = PROVIDED & times.keys()
        return cls(
            tuple((name, times[name]) for name in required),
            tuple((name, times[name]) for name in optional.keys() - required - PROVIDED),
            tuple((name, times[name]) for name in sorted(provided)),
            tuple(links),
            characters,
        )


class _Reading:
    """Reads a template; raises _UnsureError for what may fail although all names exist."""

    def __init__(self) -> None:
        self.required: Counter[str] = Counter()
        self.optional: Counter[str] = Counter()
        self.given: frozenset[str] = frozenset()  # names that the current branch has tested
        self.links: set[tuple[str, str]] = set()
        self.characters = 0

    def statements(self, body: Sequence[nodes.Node]) -> None:
        for node in body:
            match node:
                case nodes.Output():
                    self.expressions(node.nodes)
                case nodes.If():
                    self.expressions([node.test])
                    outside = self.given
                    self.given |= _tested_name(node.test)
                    self.statements(node.body)
                    self.given = outside
                    self.statements([*node.elif_, *node.else_])
                case nodes.With(targets=[]):
                    self.statements(node.body)
                case _:
                    raise _UnsureError

    def expressions(self, found: Iterable[nodes.Node]) -> None:
        for node in found:
            match node:
                case nodes.TemplateData():
                    self.characters += len(node.data)
                case nodes.Const(value=str() | int() | float() | None):
                    self.characters += _GROWTH * len(str(node.value))
                case nodes.Name():
                    self.name(node.name)
                case nodes.Filter(node=nodes.Expr(), kwargs=[], dyn_args=None, dyn_kwargs=None):
                    self.filter(node)
                case (
                    nodes.CondExpr(expr2=nodes.Expr()) | nodes.And() | nodes.Or() | nodes.Not()
                ) | (nodes.Concat() | nodes.Compare() | nodes.Operand(op="eq" | "ne")):
                    self.expressions(node.iter_child_nodes())
                case _:
                    raise _UnsureError

    def name(self, name: str) -> None:
        provided = name in PROVIDED
        self.characters += _GROWTH * LONGEST_PROVIDED * provided
        names = self.optional if provided or name in self.given else self.required
        names[name] += 1

    def filter(self, node: nodes.Filter) -> None:
        match node:
            case nodes.Filter(name="url", node=nodes.Name(name=link), args=[nodes.Const(), *place]):
                self.links.add((link, place[0].as_const() if place else ""))
                self.name(link)
            case nodes.Filter(name="default" | "d", node=nodes.Name(name=name), args=[other]):
                self.optional[name] += 1
                self.expressions([_constant(other)])
            case nodes.Filter(name="linebreaks", node=nodes.Name() as text, args=[]):
                # Only of a name: the result of a filter would be escaped a second time.
                self.expressions([text])
            case nodes.Filter(args=[]) if node.name in _HARMLESS:
                self.expressions(node.iter_child_nodes())
            case _:
                raise _UnsureError


def _constant(node: nodes.Expr) -> nodes.Const:
    if not isinstance(node, nodes.Const):
        raise _UnsureError
    return node


def _tested_name(test: nodes.Node) -> frozenset[str]:
    """The name in `{% if name|default('') %}`, which certainly exists in that branch."""
    match test:
        case nodes.Filter(
            name="default" | "d", node=nodes.Name(name=name), args=[nodes.Const(value="")]
        ) if not test.kwargs:
            return frozenset({name})
        case _:
            return frozenset()
