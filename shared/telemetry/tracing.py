"""One trace from the HTTP request through RabbitMQ to the SMTP reply (W3C `traceparent`).

Only ids travel unless `configure` finds a collector to send spans to (OTEL_EXPORTER_OTLP_ENDPOINT)
and the extra [tracing] is installed: then `spans.py` beside this makes spans. See docs/tracing.md
"""

import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from postroom.shared.telemetry.logs import logger
from postroom.shared.telemetry.span_facts import Facts

if TYPE_CHECKING:
    from postroom.shared.telemetry.spans import Spans

log = logger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

_CURRENT: ContextVar[str] = ContextVar("traceparent", default="")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_COLLECTOR = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_BEGINNING = threading.Lock()
_service = ""  # set while spans are wanted and none has been made yet
_spans: "Spans | None" = None


def configure(service: str, environment: Mapping[str, str] = os.environ) -> None:
    """Make spans for the service `postroom-<service>` from now on, if a collector is set."""
    global _service
    wanted = any(environment.get(name) for name in _COLLECTOR)
    disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    _service = service if wanted and not disabled else ""


def spans() -> "Spans | None":
    """The maker of spans, or None when tracing is off.

    Created at the first call: a process that forks, or makes no span, starts no exporter.
    """
    if _service:
        _begin()
    return _spans


def _begin() -> None:
    global _service, _spans
    with _BEGINNING:
        if not _service:
            return
        try:
            from postroom.shared.telemetry.spans import Spans
        except ImportError as error:
            log.warning("tracing_not_installed", missing=error.name, wanted="postroom[tracing]")
        else:
            _spans = Spans(_service)
        _service = ""


def current() -> str:
    """The `traceparent` of this context; a new one if there is none."""
    return ((made := spans()) and made.current()) or _CURRENT.get() or _new()


@contextmanager
def request(method: str, traceparent: str) -> Iterator[Callable[[str, int], None]]:
    """Continue the caller's trace, or begin one; the block reports route and HTTP status."""
    if made := spans():
        with made.request(method, traceparent) as answered:
            yield answered
    else:
        _CURRENT.set(traceparent if _TRACEPARENT.fullmatch(traceparent) else _new())
        yield lambda _route, _status: None


def traced(
    name: str, facts: Callable[[_T], Facts]
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Make each call a child of the current span; `facts` reads attributes from its result."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            if not (made := spans()):
                return function(*args, **kwargs)
            with made.producing(name) as set_attributes:
                result = function(*args, **kwargs)
                set_attributes(facts(result))
                return result

        return call

    return decorate


def _new() -> str:
    ids = secrets.token_hex(24)
    return f"00-{ids[:32]}-{ids[32:]}-01"
