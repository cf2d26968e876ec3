"""Escapes and joins the values that templates output, without making a Markup of each.

What is not a text already is charged to the run's budget before it becomes one. No value turns the
direction of the words after it (see `without_turns`); text with `|linebreaks` keeps what it has,
since it is in a block of its own.
"""

import re
from collections.abc import Callable, MutableMapping, Sequence
from types import CodeType
from typing import Any, Final

import jinja2
from jinja2.runtime import markup_join
from markupsafe import escape

from postroom.shared.header_rules import without_turns
from postroom.shared.rendering.budget import current

_SMALL: Final = (str, int, float, bool, type(None))
_SPECIAL: Final = re.compile("[&<>'\"]").search


def escaped(value: Any) -> str:
    """`value` as `markupsafe.escape` returns it, but a plain `str` where nothing has to change.

    Nearly always nothing has to change. See what-speed-costs: escaping values.
    """
    if type(value) is str:
        if not value.isascii():
            value = without_turns(value)
        return escape(value) if _SPECIAL(value) else value
    if not isinstance(value, _SMALL):
        current().value(value)
    return escape(value)


def text_of(value: Any = "") -> str:
    """`str(value)`, as compiled code of a `.txt` template calls it."""
    if type(value) is not str:
        if not isinstance(value, _SMALL):
            current().value(value)
        value = str(value)
    return value if value.isascii() else without_turns(value)


def _joined(values: Sequence[Any]) -> str:
    """`a ~ b` in a `.txt` template."""
    texts = [*map(text_of, values)]
    current().text(sum(map(len, texts)))
    return "".join(texts)


def _joined_markup(values: Sequence[Any]) -> str:
    """`a ~ b` elsewhere: escaped, if one of them is markup."""
    budget = current()
    for value in values:
        budget.value(value)
    budget.text(sum(len(value) for value in values if isinstance(value, str)))
    return markup_join(values)


# Compiled code finds these by name, and calls them for its output and for `~` only.
_OURS: Final = {
    "escape": escaped,
    "str": text_of,
    "str_join": _joined,
    "markup_join": _joined_markup,
}


class EscapingTemplate(jinja2.Template):
    """A template whose values are escaped and joined by the functions of this module."""

    @classmethod
    def from_code(
        cls,
        environment: jinja2.Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],
        uptodate: Callable[[], bool] | None = None,
    ) -> jinja2.Template:
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__.update(_OURS)
        return template
