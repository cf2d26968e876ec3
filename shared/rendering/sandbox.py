"""The Jinja2 environment templates run in: what they may read, call and use up.

Bounded: the characters of a part, the turns of all loops of one part together, `range()`,
repetition, powers, concatenation with `+`, and the widths in formats. Not bounded: a chain of `~`
or `{% set %}` that doubles a text many times, and macros that call themselves more than once. Those
take intent, and templates are the site's own files; untrusted templates need a child process with
limits on memory and time. There is deliberately no time limit: a machine that stalls must not make
an e-mail fail permanently.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from postroom.shared.rendering.escaping import EscapingTemplate
from postroom.shared.rendering.filters import (
    FILTERS,
    RefusedValueError,
    check_format,
    short_range,
    within,
)

MAX_REPETITION: Final = 10_000
MAX_POWER: Final = 64

# Methods of str whose result can be far longer than their arguments.
# fmt: off
_GROWING: Final = frozenset({
    "center", "ljust", "rjust", "zfill", "expandtabs", "replace", "join", "format", "format_map",
    "translate",
})
_PLAIN: Final = frozenset({
    "builtins", "datetime", "decimal", "uuid", "markupsafe", "jinja2.runtime", "jinja2.utils",
    "jinja2.environment", "jinja2.sandbox",
})
# fmt: on
_OPEN_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']?\s*$", re.IGNORECASE)


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

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations whose result would be far larger than its operands."""
        texts = (str, list, tuple)
        match operator:
            case "*" if isinstance(left, texts) or isinstance(right, texts):
                text, times = (left, right) if isinstance(left, texts) else (right, left)
                if len(text) * times > MAX_REPETITION:
                    raise RefusedValueError(f"a repetition longer than {MAX_REPETITION}")
            case "**" if abs(right) > MAX_POWER or abs(left) > 1_000_000_000:
                raise RefusedValueError(f"a power above {MAX_POWER}")
            case "+" if isinstance(left, texts) and isinstance(right, texts):
                within(len(left) + len(right))
            case "%" if isinstance(left, str):
                check_format(left)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for switch in tree.find_all(nodes.ScopedEvalContextModifier):
            reason = "autoescape cannot be switched off; give text, not markup"
            raise jinja2.TemplateSyntaxError(reason, switch.lineno, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, "counted")
        if _is_markup(name):
            for output in tree.find_all(nodes.Output):
                _check_links(output)
        return tree


def _is_markup(name: str | None) -> bool:
    """Whether to escape: in everything but `.txt` files."""
    return name is None or not name.endswith(".txt")


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(cast("nodes.Expr", node), name, [], [], None, None, lineno=node.lineno)


def _check_links(output: nodes.Output) -> None:
    """`href="{{ link }}"` means `href="{{ link|url }}"`: escaping does not stop javascript:."""
    for i, before in enumerate(output.nodes[:-1]):
        if isinstance(before, nodes.TemplateData) and _OPEN_HREF.search(before.data):
            output.nodes[i + 1] = _filtered(output.nodes[i + 1], "url")


def sandbox(folders: Sequence[Path], *, auto_reload: bool) -> Sandbox:
    """An environment that reads templates from `folders`; the first that has a name wins.

    Every file is autoescaped, except `.txt`. A missing variable raises MissingVariableError.
    """
    environment = Sandbox(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=_is_markup,
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        cache_size=-1,
    )
    environment.filters = dict(FILTERS)
    environment.globals = {
        name: value for name, value in environment.globals.items() if name != "lipsum"
    } | {"range": short_range}
    return environment
