"""Runs a compiled template within the bounds of `sandbox.py`."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, cast

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing

from postroom.shared.rendering.filters import start_counting, within


class Variables(dict[str, Any]):
    """The variables of an e-mail and the environment's globals, joined once for all parts."""

    def __missing__(self, name: str) -> Any:
        return missing


class _Names:
    """The part of a context that a compiled template uses when it has `Needs`.

    See what-speed-costs: templates without a context.
    """

    __slots__ = ("resolve_or_missing",)

    def __init__(self, variables: Variables) -> None:
        self.resolve_or_missing = variables.__getitem__


def run_plain(template: jinja2.Template, variables: Variables) -> str:
    """Like `run`, for a template without loops and macros: one that has `Needs`."""
    text = "".join(template.root_render_func(cast("Context", _Names(variables))))
    within(len(text))
    return text


def run(template: jinja2.Template, variables: dict[str, Any]) -> str:
    """Render within the bounds. Raises what the template raises, and RefusedValueError."""
    start_counting()
    context = template.new_context(variables, shared=True)
    chunks = iter(cast("Iterable[str]", template.root_render_func(context)))
    parts: list[str] = []
    size = 0
    while part := list(islice(chunks, _CHUNKS)):
        size += sum(map(len, part))
        within(size)
        parts += part
        if len(part) < _CHUNKS:
            break
    return "".join(parts)


_CHUNKS: Final = 64  # counted together; each is a piece of the template or one variable's value
