"""The Jinja2 environment templates run in: what they may read, call and use up.

Bounded: the characters a part may have, the turns of all loops of one part together, `range()`,
repetition, powers, concatenation with `+`, and the widths that formats ask for. Not bounded: a
chain of `~` or `{% set %}` that doubles a text many times over, and macros that call themselves
more than once. Those take intent, and templates are the site's own files; templates from anybody
else need a child process with limits on memory and time. There is no clock on purpose: a machine
that stalls must not make an e-mail fail for good.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import jinja2
from jinja2 import filters, nodes
from jinja2.runtime import missing
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

MAX_CHARACTERS: Final = 2_000_000
MAX_TURNS: Final = 100_000
MAX_RANGE: Final = 10_000
MAX_REPETITION: Final = 10_000
MAX_POWER: Final = 64

_FILTERS: Final = ["abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "filesizeformat", "first", "float", "groupby", "int", "items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode", "urlize", "wordcount", "wordwrap"]
# Methods of str that can make a text far longer than what they are given.
_GROWING: Final = frozenset(
    ["center", "ljust", "rjust", "zfill", "expandtabs", "replace", "join", "format", "format_map", "translate"]
)
_PLAIN: Final = frozenset(
    ["builtins", "datetime", "decimal", "uuid", "markupsafe", "jinja2.runtime", "jinja2.utils", "jinja2.environment", "jinja2.sandbox"]
)
_URL: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"\x00-\x20\x7f-\x9f]+", re.IGNORECASE)
_OPEN_HREF: Final = re.compile(r"\bhref\s*=\s*[\"']?\s*$", re.IGNORECASE)

_turns: ContextVar[list[int]] = ContextVar("_turns")


class MissingVariable(jinja2.UndefinedError):
    """A template used a name the context does not have."""

    def __init__(self, variable: str, message: str | None = None) -> None:
        super().__init__(message)
        self.variable = variable


class Refused(Exception):
    """A template asked for more than it may have, or for a link that is none."""


class _Missing(jinja2.StrictUndefined):
    """StrictUndefined whose error still knows the name."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Any = jinja2.UndefinedError,
    ) -> None:
        if exc is jinja2.UndefinedError:
            exc = partial(MissingVariable, str(name))
        super().__init__(hint, obj, name, exc)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's immutable sandbox, with plain data only and the bounds of this module."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`order.items` is the value stored under `items`, where there is one."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only plain data has attributes: an object that strays into a context stays shut."""
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
                    raise Refused(f"a repetition longer than {MAX_REPETITION}")
            case "**" if abs(right) > MAX_POWER or abs(left) > 1_000_000_000:
                raise Refused(f"a power above {MAX_POWER}")
            case "+" if isinstance(left, texts) and isinstance(right, texts):
                _within(len(left) + len(right))
            case "%" if isinstance(left, str):
                _check_format(left)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for switch in tree.find_all(nodes.ScopedEvalContextModifier):
            reason = "autoescape cannot be switched off; give text, not markup"
            raise jinja2.TemplateSyntaxError(reason, switch.lineno, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, "counted")
        if name is not None and name.endswith(".html"):
            for output in tree.find_all(nodes.Output):
                _check_links(output)
        return tree


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _check_links(output: nodes.Output) -> None:
    """`href="{{ link }}"` means `href="{{ link|url }}"`: escaping does not stop javascript:."""
    for i, (before, node) in enumerate(zip(output.nodes, output.nodes[1:], strict=False), start=1):
        literal = isinstance(before, nodes.TemplateData) and _OPEN_HREF.search(before.data)
        if literal and not isinstance(node, nodes.TemplateData):
            output.nodes[i] = _filtered(node, "url")


def _counted(items: Iterable[Any]) -> Iterable[Any]:
    """Count the turns of a loop before it runs, so that nested loops are bounded too."""
    sized = items if isinstance(items, (list, tuple, dict, str, range)) else list(items)
    turns = _turns.get()
    turns[0] += len(sized) + 1
    if turns[0] > MAX_TURNS:
        raise Refused(f"more than {MAX_TURNS} turns of loops")
    return sized


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise Refused(f"a range longer than {MAX_RANGE}")
    return numbers


def _within(characters: int) -> None:
    if characters > MAX_CHARACTERS:
        raise Refused(f"more than {MAX_CHARACTERS} characters")


def _check_format(pattern: str) -> None:
    if re.search(r"\d{4}|\*", pattern):
        raise Refused("a format with a width above 999 or '*'")


def _format(pattern: str, *values: Any) -> str:
    """printf-style format, as `{{ '%.2f'|format(price) }}`."""
    _check_format(pattern)
    return pattern % values


def _replace(text: str, old: str, new: str) -> str:
    text = text if isinstance(text, str) else str(text)
    _within(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


@jinja2.pass_eval_context
def _join(
    eval_ctx: nodes.EvalContext, items: Iterable[Any], between: str = "", attribute: str = ""
) -> str:
    listed = list(items)
    if attribute:
        listed = [*map(filters.make_attrgetter(eval_ctx.environment, attribute), listed)]
    _within(sum(len(str(item)) + len(between) for item in listed))
    return filters.sync_do_join(eval_ctx, listed, between)


def _linebreaks(text: str) -> Markup:
    """The text escaped, with `<br>` at its line ends: what people type in a form's big field."""
    return Markup("<br>\n").join(escape(line) for line in str(text).splitlines())


def _url(value: Any) -> Any:
    """The value if it is an http, https or mailto address (RFC 3986); anything else is refused."""
    if not _URL.fullmatch(str(value)):
        raise Refused(
            f"{str(value)[:80]!r} is no link: only http, https and mailto are let through"
        )
    return value


def sandbox(folders: Sequence[Path], *, auto_reload: bool) -> Sandbox:
    """An environment that reads templates from `folders`, the first that has a name winning.

    `.html` files are autoescaped, others are not. A missing variable raises MissingVariable.
    """
    environment = Sandbox(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=jinja2.select_autoescape(("html",), default=False, default_for_string=False),
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        cache_size=-1,
    )
    own = {
        "counted": _counted, "format": _format, "join": _join, "linebreaks": _linebreaks,
        "replace": _replace, "url": _url,
    }  # fmt: skip
    environment.filters = {name: filters.FILTERS[name] for name in _FILTERS} | own
    environment.globals = {
        name: value for name, value in environment.globals.items() if name != "lipsum"
    } | {"range": _range}
    return environment


def run(template: jinja2.Template, context: dict[str, Any]) -> str:
    """Render within the bounds. Raises whatever the template raises, and Refused."""
    _turns.set([0])
    chunks: list[str] = []
    size = 0
    for chunk in cast("Iterable[str]", template.root_render_func(template.new_context(context))):
        size += len(chunk)
        if size > MAX_CHARACTERS:
            _within(size)
        chunks.append(chunk)
    return "".join(chunks)
