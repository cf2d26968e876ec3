"""In a site that is not ours, our lines are records of the standard library's `logging`.

The site's `LOGGING` decides where they go, and from which level on. The loggers are named like our
modules, so an entry for `postroom` is for all of them. A site that configures structlog itself gets
our lines there instead.
"""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final

import structlog

from postroom.shared.telemetry.facts import bound, masked

_ALL_OURS: Final = "postroom"
_STACK_LEVEL: Final = 3  # from the record's call up to the line that logs


def logger(name: str) -> Any:
    """One whose lines are records of `logging.getLogger(name)`; structlog's settings are not asked,
    because they are the site's."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _as_record],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        context_class=dict,
    )


@contextmanager
def verbosity(wanted: int) -> Iterator[None]:
    """Django's `--verbosity` for our lines in this block; see `logs.verbosity`."""
    ours = logging.getLogger(_ALL_OURS)
    before = ours.level
    if wanted < 1:
        ours.setLevel(max(logging.WARNING, ours.getEffectiveLevel()))
    elif wanted > 1:
        ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        ours.setLevel(before)


def show_lines() -> None:
    """In a process that runs for Postroom alone: see to it that its lines are seen.

    Where the site's `LOGGING` has no handler for them, they go to stderr from `INFO` on.
    """
    ours = logging.getLogger(_ALL_OURS)
    if not ours.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        ours.addHandler(handler)
        if ours.level == logging.NOTSET:
            ours.setLevel(logging.INFO)
    pika = logging.getLogger("pika")
    if pika.level == logging.NOTSET:
        pika.setLevel(logging.CRITICAL)  # we log what its errors mean, once


def _as_record(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[str], dict[str, Any]]:
    """The call of a `logging.Logger`: the event and its facts as text, the traceback below."""
    # `exception` is a method that calls `error`.
    frames = _STACK_LEVEL + (event.get("exc_info") is True)
    line = masked({**bound(), **event})
    line.pop("module", None)  # it is the logger's name
    text, traceback = str(line.pop("event")), line.pop("exception", None)
    text = " ".join([text, *(f"{name}={value!r}" for name, value in line.items())])
    return (f"{text}\n{traceback}" if traceback else text,), {"stacklevel": frames}
