"""Structured JSON logs: one line an event, addresses masked, never a reason to fail.

`bind(email_id=..., attempt=..., mailer=...)` puts these into every line of the current thread.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars

from shared.masking import mask_addresses


def configure(*, service: str, level: str = "INFO", json: bool = True, **facts: str) -> None:
    """Send structlog's and the standard library's records to stderr as lines of JSON.

    `facts` (the mailer's name, say) stand in every line of this process.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _with({"service": service, **facts}),
        _mask,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # A full disk or a closed pipe under the log must not stop mail (fault 75).
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # we report what it means, once


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; call it with an event name and keyword facts."""
    result: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return result


@contextmanager
def bind(**facts: object) -> Iterator[None]:
    """Put `facts` into every line logged in this block, by this thread."""
    with bound_contextvars(**facts):
        yield


def _with(facts: dict[str, str]) -> Any:
    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        return {**facts, **event}

    return add


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
    for key, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[key] = mask_addresses(value)
    return event
