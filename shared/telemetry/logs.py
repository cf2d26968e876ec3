"""Structured JSON logs: one line per event, addresses masked; logging never raises.

`bind(email_id=..., attempt=...)` puts facts into every line of the current context.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from json import JSONEncoder
from types import MappingProxyType
from typing import Any, Final, Protocol

import structlog

from postroom.shared.telemetry.log_lines import Lines, together
from postroom.shared.telemetry.masking import mask_addresses, mask_passwords

__all__ = ["Logger", "bind", "bind_for_good", "configure", "logger", "together", "verbosity"]


class Logger(Protocol):
    """What our code calls: an event's name, and facts as keywords."""

    def bind(self, **facts: Any) -> "Logger": ...
    def debug(self, event: str, /, **facts: Any) -> Any: ...
    def info(self, event: str, /, **facts: Any) -> Any: ...
    def warning(self, event: str, /, **facts: Any) -> Any: ...
    def error(self, event: str, /, **facts: Any) -> Any: ...
    def critical(self, event: str, /, **facts: Any) -> Any: ...
    def exception(self, event: str, /, **facts: Any) -> Any: ...


def configure(*, service: str, level: str = "INFO", json: bool = True, **facts: str) -> None:
    """Send our own and the standard library's records to stderr as lines of JSON.

    `facts` (for example the mailer's name) are in every line of this process. Our own lines do
    not pass through `logging` (see what-speed-costs: logging).
    """
    complete = _Complete({"service": service, **facts})
    renderer: Any = _as_json if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[complete, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_names: Lines(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, complete],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # A full disk or a closed pipe under the log must not stop mail.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # we log what its errors mean, once


def logger(name: str) -> Logger:
    """The logger of a module; call it with an event name and keyword facts."""
    result: Logger = structlog.get_logger(name, module=name)
    return result


@contextmanager
def verbosity(wanted: int) -> Iterator[None]:
    """Django's `--verbosity` for our own lines in this block: 0 logs warnings only, 2 everything.

    1 leaves `LOG_LEVEL` alone, or the level that the site's `LOGGING` has for `postroom`.
    """
    before = structlog.get_config()["wrapper_class"]
    in_logging = logging.getLogger("postroom")
    level = in_logging.level
    if wanted < 1:
        least = max(logging.WARNING, logging.getLogger().level)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(least))
    elif wanted > 1:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
        in_logging.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)
        in_logging.setLevel(level)


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


# One variable with all facts: structlog has one per fact, and reads them all for every line.
_bound: Final[ContextVar[Mapping[str, object]]] = ContextVar("facts", default=MappingProxyType({}))


class _Complete:
    """Adds to a line, in one step, what every line has besides its own facts."""

    def __init__(self, facts: dict[str, str]) -> None:
        self._facts = facts

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        line: MutableMapping[str, Any] = {
            **self._facts,
            "level": _LEVELS.get(method, method),
            "timestamp": now,
            **_bound.get(),
            **event,
        }
        return masked(line)


def bound() -> Mapping[str, object]:
    """What `bind` puts into every line here."""
    return _bound.get()


def masked(line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`line` without passwords and whole addresses, its exception as text."""
    if "exc_info" in line:
        line = structlog.processors.format_exc_info(None, "", line)
    for key in _MAY_HOLD_PASSWORDS & line.keys():
        line[key] = mask_passwords(str(line[key]))
    for key, value in line.items():
        if isinstance(value, str) and "@" in value:
            line[key] = mask_addresses(value)
    return line


_MAY_HOLD_PASSWORDS: Final = frozenset({"error", "exception", "problem"})
_LEVELS: Final = {"exception": "error", "warn": "warning"}
_ENCODE: Final = JSONEncoder(default=str).encode  # `json.dumps` would make one for every line


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _ENCODE(event)
