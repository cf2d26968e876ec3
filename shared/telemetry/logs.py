"""Structured JSON logs: one line per event, addresses masked; logging never raises.

`bind(email_id=..., attempt=...)` puts facts into every line of the current context.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from json import JSONEncoder
from typing import Any, Final, Protocol, cast

import structlog

from postroom.shared.telemetry import site_logs
from postroom.shared.telemetry.facts import bind, bind_for_good, bound, masked
from postroom.shared.telemetry.log_lines import Lines, together

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
    return cast(Logger, _Module(name))


@contextmanager
def verbosity(wanted: int) -> Iterator[None]:
    """Django's `--verbosity` for our own lines in this block: 0 logs warnings only, 2 everything.

    1 leaves `LOG_LEVEL` alone, or the level that the site's `LOGGING` has for `postroom`.
    """
    if not structlog.is_configured():
        with site_logs.verbosity(wanted):
            yield
        return
    before = structlog.get_config()["wrapper_class"]
    if wanted < 1:
        least = max(logging.WARNING, logging.getLogger().level)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(least))
    elif wanted > 1:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


class _Module:
    """The logger of a module: where its lines go is found for each line.

    Ours and a site's `structlog.configure` hold for it; without either `logging` has the lines.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._structlog = structlog.get_logger(module=name)

    def bind(self, **facts: Any) -> Any:
        if structlog.is_configured():
            return self._structlog.bind(**facts)
        return site_logs.logger(self._name).bind(**facts)

    def __getattr__(self, method: str) -> Any:
        return getattr(self.bind(), method)


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
            **bound(),
            **event,
        }
        return masked(line)


_LEVELS: Final = {"exception": "error", "warn": "warning"}
_ENCODE: Final = JSONEncoder(default=str).encode  # `json.dumps` would make one for every line


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _ENCODE(event)
