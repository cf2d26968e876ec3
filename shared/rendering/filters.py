"""The filters that templates may use; each bounds the size of its result."""

import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, Final

import jinja2
from jinja2 import filters, nodes
from jinja2.runtime import Context
from markupsafe import Markup, escape

MAX_CHARACTERS: Final = 2_000_000
MAX_TURNS: Final = 100_000
MAX_RANGE: Final = 10_000

# Jinja's own filters that neither grow without bound nor let markup pass unescaped (`safe`).
# fmt: off
_KEPT: Final = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "filesizeformat",
    "first", "float", "groupby", "int", "items", "last", "length", "list", "lower", "map", "max",
    "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string",
    "striptags", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode",
    "urlize", "wordcount", "wordwrap",
)
# fmt: on
_URL: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"\x00-\x20\x7f-\x9f]+", re.IGNORECASE)

_turns: ContextVar[list[int]] = ContextVar("_turns")


class RefusedValueError(Exception):
    """A template exceeds a bound, or uses a link that is not a link."""


def start_counting() -> None:
    """Begin a new part: set the count of loop turns to 0."""
    _turns.set([0])


@jinja2.pass_context
def _counted(_: Context, items: Iterable[Any]) -> Iterable[Any]:
    """Count the turns of a loop before it runs, so that nested loops are bounded too.

    The context argument only keeps Jinja from calling this while it compiles.
    """
    sized = items if isinstance(items, (list, tuple, dict, str, range)) else list(items)
    turns = _turns.get()
    turns[0] += len(sized) + 1
    if turns[0] > MAX_TURNS:
        raise RefusedValueError(f"its loops turn more than {MAX_TURNS} times")
    return sized


def short_range(*bounds: int) -> range:
    """`range()` as templates have it. Raises RefusedValueError above MAX_RANGE numbers."""
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise RefusedValueError(f"a range of more than {MAX_RANGE} numbers")
    return numbers


def within(characters: int) -> None:
    """Raise RefusedValueError for a text longer than MAX_CHARACTERS."""
    if characters > MAX_CHARACTERS:
        raise RefusedValueError(f"it makes more than {MAX_CHARACTERS} characters")


def check_format(pattern: str) -> None:
    """Raise RefusedValueError for a printf-style pattern with very wide columns."""
    if re.search(r"\d{4}|\*", pattern):
        raise RefusedValueError("a format with a width above 999, or with '*'")


def _format(pattern: str, *values: Any) -> str:
    """printf-style format, as in `{{ '%.2f'|format(price) }}`."""
    check_format(pattern)
    return str(pattern % values)


def _replace(text: Any, old: str, new: str) -> str:
    whole: str = text if isinstance(text, str) else str(text)
    within(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new)


@jinja2.pass_eval_context
def _join(
    eval_ctx: nodes.EvalContext, items: Iterable[Any], between: str = "", attribute: str = ""
) -> str:
    listed = list(items)
    if attribute:
        listed = [*map(filters.make_attrgetter(eval_ctx.environment, attribute), listed)]
    within(sum(len(str(item)) + len(between) for item in listed))
    return filters.sync_do_join(eval_ctx, listed, between)


def _linebreaks(text: Any) -> Markup:
    """The text escaped, with `<br>` at its line ends: for text from a form's multi-line field."""
    return Markup("<br>\n").join(escape(line) for line in str(text).splitlines())


def is_link(value: Any) -> bool:
    """Whether it is an http, https or mailto address (RFC 3986)."""
    return bool(_URL.fullmatch(str(value)))


def _url(value: Any) -> Any:
    """The value if it is a link; raises RefusedValueError for anything else."""
    if not is_link(value):
        start = str(value)[:12]
        raise RefusedValueError(
            f"a link starts with http://, https:// or mailto:, this one with {start!r}"
        )
    return value


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **{name: filters.FILTERS[name] for name in _KEPT},
    "counted": _counted,
    "format": _format,
    "join": _join,
    "linebreaks": _linebreaks,
    "replace": _replace,
    "url": _url,
}
