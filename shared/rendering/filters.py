"""The filters that templates may use; each charges the run's budget before it does its work."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from html import unescape
from typing import Any, Final

import jinja2
from jinja2 import filters, nodes
from jinja2.runtime import Context
from markupsafe import Markup, escape

from postroom.shared.rendering.budget import RefusedValueError, counted, current
from postroom.shared.rendering.links import refused_scheme
from postroom.shared.rendering.wording import localised

MAX_RANGE: Final = 10_000
_MAX_DIGITS: Final = 100
_SHORT: Final = 1000  # characters that a loop of the most turns may go through each time

# Jinja's own filters that take no longer for a longer text, or nearly so.
_CHEAP: Final = ("abs", "count", "d", "default", "e", "escape", "first", "last", "length")
# Those that go through all of their value once. None lets markup pass unescaped (`safe`).
# fmt: off
_LINEAR: Final = (
    "dictsort", "filesizeformat", "float", "groupby", "int", "items", "list",
    "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort",
    "string", "title", "tojson", "trim", "truncate", "unique", "urlencode", "urlize",
    "wordcount",
)
# fmt: on
_TAG: Final = re.compile(r"<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL)


@jinja2.pass_context
def _counted(_: Context, items: Iterable[Any]) -> Iterable[Any]:
    """Count the turns of a loop before it runs.

    The context argument only keeps Jinja from calling this while it compiles.
    """
    found: Iterable[Any] = counted(items)
    return found


def short_range(*bounds: int) -> range:
    """`range()` as templates have it. Raises RefusedValueError above MAX_RANGE numbers."""
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise RefusedValueError(f"a range of more than {MAX_RANGE} numbers")
    return numbers


def check_format(pattern: str, values: Any) -> None:
    """Refuse a printf-style pattern with very wide columns, or whose result is too long."""
    if re.search(r"\d{4}|\*", str(pattern)):
        raise RefusedValueError("a format with a width above 999, or with '*'")
    several = values.values() if isinstance(values, Mapping) else values
    if not isinstance(several, (tuple, list)) and not isinstance(values, Mapping):
        several = (values,)
    for value in several:
        current().value(value)
    longest = max((len(str(value)) for value in several), default=0)
    current().text(len(pattern) + pattern.count("%") * (2 * longest + 1000))


def _format(pattern: str, *values: Any) -> str:
    """printf-style format, as in `{{ '%.2f'|format(price) }}`."""
    check_format(pattern, values)
    return str(pattern % values)


def _replace(text: Any, old: str, new: str) -> str:
    whole: str = text if isinstance(text, str) else _text(text)
    current().text(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new)


@jinja2.pass_eval_context
def _join(
    eval_ctx: nodes.EvalContext, items: Iterable[Any], between: str = "", attribute: str = ""
) -> str:
    listed = list(items)
    if attribute:
        listed = [*map(filters.make_attrgetter(eval_ctx.environment, attribute), listed)]
    current().value(listed)
    current().text(len(str(between)) * len(listed))
    return filters.sync_do_join(eval_ctx, listed, between)


@jinja2.pass_environment
def _sum(
    environment: jinja2.Environment,
    items: Iterable[Any],
    attribute: str | int | None = None,
    start: float = 0,
) -> Any:
    if isinstance(start, (str, bytes, list, tuple)):
        raise RefusedValueError("`sum` adds numbers; use `join` for texts")
    return filters.sync_do_sum(environment, items, attribute, start)


@jinja2.pass_environment
def _wordwrap(
    environment: jinja2.Environment,
    text: Any,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    whole = text if isinstance(text, str) else _text(text)
    current().text(len(whole))
    breaks = whole.count(" ") + whole.count("\n") + len(whole) // max(1, width) + 1
    current().text(len(whole) + breaks * len(str(wrapstring or "\n")))
    current().turns(len(whole) // max(1, width))
    return filters.do_wordwrap(
        environment, whole, width, break_long_words, wrapstring, break_on_hyphens
    )


def _round(value: float, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > _MAX_DIGITS:
        raise RefusedValueError(f"rounding to more than {_MAX_DIGITS} digits")
    return filters.do_round(value, precision, method)


def _striptags(value: Any) -> str:
    """The text without tags and comments; Jinja's own takes quadratic time for many of them."""
    text = str(value.__html__()) if hasattr(value, "__html__") else _text(value)
    current().text(len(text))
    return unescape(" ".join(_TAG.sub("", text).split()))


def _linebreaks(text: Any) -> Markup:
    """The text escaped, with `<br>` at its line ends: for text from a form's multi-line field."""
    return Markup("<br>\n").join(escape(line) for line in _text(text).splitlines())


def _text(value: Any) -> str:
    """`str(value)` of whatever a template has, unless that would be too long."""
    if not isinstance(value, (str, int, float)):
        current().value(value)
    return str(value)


def _url(value: Any, name: str = "", place: str = "") -> Any:
    """The value unless it is a link that could run a program.

    `name` is the variable, `place` the attribute it is in. Raises RefusedValueError.
    """
    if scheme := refused_scheme(str(value), place):
        what = f"the variable {name!r} is a link" if name else "a link"
        raise RefusedValueError(
            f"{what} with {scheme!r}, which may run a program; use https:, mailto:, tel: "
            "or another scheme that only leads somewhere"
        )
    return value


def _charged(work: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, its value charged first. Jinja's marks for context arguments are kept."""
    place = 1 if getattr(work, "jinja_pass_arg", None) else 0

    @wraps(work)
    def charged(*values: Any, **named: Any) -> Any:
        value = values[place]
        if type(value) is str and len(value) < _SHORT:
            return work(*values, **named)
        budget = current()
        if isinstance(value, str):
            budget.text(len(value))
        elif isinstance(value, (list, tuple, dict)):
            budget.value(value)
        result = work(*values, **named)
        if isinstance(result, list):
            budget.text(len(result))
        return result

    return charged


def _quick(name: str) -> Callable[[Any], Any]:
    """A filter that is a method of `str`, for short texts without anything around it."""
    method = getattr(str, name)
    charged = _charged(filters.FILTERS[name])

    def quick(value: Any) -> Any:
        short = type(value) is str and len(value) < _SHORT
        return method(value) if short else charged(value)

    return quick


@jinja2.pass_context
def _bounded(_: Context, value: Any) -> Any:
    """A list that a template writes, charged: such lists can hold one another many times."""
    current().value(value)
    return value


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **{name: filters.FILTERS[name] for name in _CHEAP},
    **{name: _charged(filters.FILTERS[name]) for name in _LINEAR},
    **{name: _charged(work) for name, work in localised.FILTERS.items()},
    **{name: _quick(name) for name in ("capitalize", "lower", "upper")},
    "bounded": _bounded,
    "counted": _counted,
    "format": _format,
    "join": _join,
    "linebreaks": _linebreaks,
    "replace": _replace,
    "round": _round,
    "striptags": _striptags,
    "sum": _sum,
    "url": _url,
    "wordwrap": _wordwrap,
}
