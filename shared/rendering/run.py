"""Runs a compiled template within the bounds of `sandbox.py`."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, cast

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing

from postroom.shared.rendering.budget import MAX_CHARACTERS, RefusedValueError, start


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


def run_plain(template: jinja2.Template, variables: Variables, limit: int) -> str:
    """Like `run`, for a template without loops and macros: one that has `Needs`."""
    start(limit)
    text = "".join(template.root_render_func(cast("Context", _Names(variables))))
    check_length(text, limit)
    return text


def run(template: jinja2.Template, variables: dict[str, Any], limit: int = MAX_CHARACTERS) -> str:
    """Render within the bounds. Raises what the template raises, and RefusedValueError.

    `limit`: bytes of UTF-8 that the result may take.
    """
    budget = start(limit)
    context = template.new_context(variables, shared=True)
    chunks = iter(cast("Iterable[str]", template.root_render_func(context)))
    parts: list[str] = []
    size = 0
    while part := list(islice(chunks, _CHUNKS)):
        size += sum(map(len, part))
        if size > limit:
            budget.text(size)
        parts += part
        if len(part) < _CHUNKS:
            break
        budget.turns(1)
    text = "".join(parts)
    check_length(text, limit)
    return text


def check_length(text: str, limit: int) -> None:
    """Raise RefusedValueError for a text of more than `limit` bytes."""
    # A character takes four bytes at most; only long texts have to be encoded to find out.
    if len(text) > limit or (len(text) * 4 > limit and not _fits(text, limit)):
        raise RefusedValueError(f"it makes more than {limit} bytes (EMAIL_MAX_RENDERED_BYTES)")


def _fits(text: str, limit: int) -> bool:
    return text.isascii() or len(text.encode("utf-8", "surrogatepass")) <= limit


_CHUNKS: Final = 64  # counted together; each is a piece of the template or one variable's value
