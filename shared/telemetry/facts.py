"""What stands in log lines besides their own facts, and what must not stand there."""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

import structlog

from postroom.shared.telemetry.masking import mask_addresses, mask_passwords

_MAY_HOLD_PASSWORDS: Final = frozenset({"error", "exception", "problem"})
# One variable with all facts: structlog has one per fact, and reads them all for every line.
_bound: Final[ContextVar[Mapping[str, object]]] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def bind(**facts: object) -> Iterator[None]:
    """Put `facts` into every line logged in this block."""
    before = _bound.set({**_bound.get(), **facts})
    try:
        yield
    finally:
        _bound.reset(before)


def bind_for_good(**facts: object) -> None:
    """Put `facts` into every line logged in this `contextvars.Context` from now on."""
    _bound.set({**_bound.get(), **facts})


def bound() -> Mapping[str, object]:
    """What is in every line here."""
    return _bound.get()


def masked(line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`line` without passwords and whole addresses, its exception as text."""
    if "exc_info" in line:
        line = structlog.processors.format_exc_info(None, "", line)
    for key in _MAY_HOLD_PASSWORDS & line.keys():
        if (text := line[key]) is not None:
            line[key] = mask_passwords(str(text))
    for key, value in line.items():
        if isinstance(value, str) and "@" in value:
            line[key] = mask_addresses(value)
    return line
