"""The Jinja2 environment templates run in: what they may read, call and use up.

Whatever can grow or repeat is charged to the run's budget (budget.py) first: loops, calls,
repetition, powers, concatenation by `+`, `~` and `{% set %}`, formats, filters, lists within lists.
Not bounded is what only C code could do for long, such as comparing two lists of a million lists;
templates are the site's own files, and one of a stranger needs a process of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

import jinja2
from jinja2 import nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from postroom.shared.errors import TemplateError
from postroom.shared.rendering.budget import RefusedValueError, counted, current
from postroom.shared.rendering.escaping import EscapingTemplate
from postroom.shared.rendering.filters import FILTERS, check_format, short_range
from postroom.shared.rendering.languages import PLAIN, direction
from postroom.shared.rendering.link_sources import attribute_before
from postroom.shared.rendering.loader import Loader
from postroom.shared.rendering.wording.phrases import Phrases, Translation, catalogue, functions

MAX_REPETITION: Final = 10_000
MAX_POWER: Final = 64
MAX_NUMBER: Final = 10_000  # bits of a product; more digits take long to multiply and to write

# Methods of str whose result can be far longer than their arguments, or is not text.
# fmt: off
_GROWING: Final = frozenset({
    "center", "ljust", "rjust", "zfill", "expandtabs", "replace", "join", "format", "format_map",
    "translate", "encode",
})
_PLAIN: Final = frozenset({
    "builtins", "datetime", "decimal", "uuid", "markupsafe", "jinja2.runtime", "jinja2.utils",
    "jinja2.environment", "jinja2.sandbox",
})
# fmt: on


class MissingVariableError(jinja2.UndefinedError):
    """A template used a name that the context does not have."""

    def __init__(self, variable: str, message: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable


class _Missing(jinja2.StrictUndefined):
    """StrictUndefined whose error has the name as an attribute."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Any = jinja2.UndefinedError,
    ) -> None:
        if exc is jinja2.UndefinedError:
            exc = partial(MissingVariableError, str(name))
        super().__init__(hint, obj, name, exc)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, with plain data only and the bounds of this module."""

    template_class = EscapingTemplate
    language: str
    phrases: Phrases
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`order.items` is the value stored under `items`, if the dict has this key."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only plain data has attributes: other objects in a context are not accessible."""
        if isinstance(obj, str) and attr in _GROWING:
            return False
        return type(obj).__module__ in _PLAIN and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """`str.format` is refused like the other growing methods; `%` and `|format` remain."""
        return None

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """The output of a macro or of `{% set %}`, whose length is charged."""
        listed = parts if isinstance(parts, list) else list(parts)
        current().text(sum(map(len, listed)))
        return "".join(listed)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Each call counts as a turn, and what a recursive loop goes through as its turns."""
        budget = current()
        budget.turns(1)
        if isinstance(obj, LoopContext) and args:
            args = (counted(args[0]), *args[1:])
        elif obj is dict:
            budget.value([*args, *kwargs.values()])
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations whose result would be far larger than its operands."""
        texts = (str, bytes, list, tuple)
        match operator:
            case "*" if isinstance(left, texts) or isinstance(right, texts):
                text, times = (left, right) if isinstance(left, texts) else (right, left)
                if len(text) * times > MAX_REPETITION:
                    raise RefusedValueError(f"a repetition longer than {MAX_REPETITION}")
            case "*" if isinstance(left, int) and isinstance(right, int):
                if left.bit_length() + right.bit_length() > MAX_NUMBER:
                    raise RefusedValueError(f"a number of more than {MAX_NUMBER} bits")
            case "**" if abs(right) > MAX_POWER or abs(left) > 1_000_000_000:
                raise RefusedValueError(f"a power above {MAX_POWER}")
            case "+" if isinstance(left, texts) and isinstance(right, texts):
                current().text(len(left) + len(right))
            case "%" if isinstance(left, (str, bytes)):
                check_format(cast("str", left), right)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for switch in tree.find_all(nodes.ScopedEvalContextModifier):
            reason = "autoescape cannot be switched off; give text, not markup"
            raise jinja2.TemplateSyntaxError(reason, switch.lineno, name, filename)
        for link in tree.find_all(nodes.Filter):
            if link.name == "url" and not link.args and link.node:
                link.args = [nodes.Const(_name_of(link.node))]
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, "counted")
        if _is_markup(name):
            for output in tree.find_all(nodes.Output):
                _check_links(output)
        return cast("nodes.Template", _Lists().visit(Translation(self.phrases).visit(tree)))


def _is_markup(name: str | None) -> bool:
    """Whether to escape: in everything but `.txt` files."""
    return name is None or not name.endswith(".txt")


def _filtered(node: nodes.Node, name: str, *args: str) -> nodes.Filter:
    given: list[nodes.Expr] = [nodes.Const(arg) for arg in args]
    return nodes.Filter(cast("nodes.Expr", node), name, given, [], None, None, lineno=node.lineno)


def _check_links(output: nodes.Output) -> None:
    """`href="{{ link }}"` means `href="{{ link|url }}"`: escaping does not stop javascript:."""
    for i, before in enumerate(output.nodes[:-1]):
        if isinstance(before, nodes.TemplateData) and (place := attribute_before(before.data)):
            link = output.nodes[i + 1]
            output.nodes[i + 1] = _filtered(link, "url", _name_of(link), place)


def _name_of(node: nodes.Node) -> str:
    """The variable that an expression begins with, as its template writes it."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_name_of(node.node)}.{node.attr}"
        case nodes.Getitem():
            return _name_of(node.node)
        case nodes.Filter(node=nodes.Expr() as value):
            return _name_of(value)
    return ""


class _Lists(NodeTransformer):
    """Charges the lists that a template writes: one may hold another many times."""

    def _visit(self, node: Any) -> nodes.Node:
        node = self.generic_visit(node)
        if getattr(node, "ctx", "load") != "load" or not node.items:
            return cast("nodes.Node", node)
        if all(isinstance(item, (nodes.Const, nodes.TemplateData)) for item in node.items):
            return cast("nodes.Node", node)
        return _filtered(node, "bounded")

    visit_List = visit_Tuple = visit_Dict = _visit


def sandbox(
    folders: Sequence[Path],
    *,
    auto_reload: bool,
    language: str = PLAIN,
    variables: Mapping[str, Any] = MappingProxyType({}),
) -> Sandbox:
    """An environment that reads templates from `folders`; the first that has a name wins.

    Every file is autoescaped, except `.txt`. A missing variable raises MissingVariableError.
    `language` is what phrases, dates and numbers are written in; `variables`: what every template
    may name beside its context.

    Raises:
        TemplateError: a catalogue of phrases cannot be read.
    """
    sides = ("right", "left") if direction(language) == "rtl" else ("left", "right")
    constants = {**variables, "_start": sides[0], "_end": sides[1]}
    environment = Sandbox(
        loader=Loader(folders, constants),
        autoescape=_is_markup,
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        cache_size=-1,
    )
    environment.language = language
    try:
        environment.phrases = catalogue(language, folders)
    except (OSError, ValueError) as error:
        reason = f"its catalogue of phrases (postroom.mo) cannot be read: {error}."
        raise TemplateError(f"locale/{language}", reason) from error
    environment.filters = dict(FILTERS)
    environment.policies["json.dumps_kwargs"] = {}  # `tojson` keeps the order of keys, too
    environment.globals = (
        {name: value for name, value in environment.globals.items() if name != "lipsum"}
        | {"range": short_range, "language": language, "dir": direction(language)}
        | {"_language": language, "_dir": direction(language), "list_unsubscribe_url": ""}
        | functions(environment.phrases)
        | dict(variables)
    )
    return environment
