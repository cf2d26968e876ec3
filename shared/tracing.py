"""The W3C trace context that travels from the HTTP request through RabbitMQ to the SMTP reply."""

import re
import secrets
from contextvars import ContextVar

_CURRENT: ContextVar[str] = ContextVar("traceparent", default="")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def accept(header: str) -> str:
    """Take over the caller's `traceparent` for this context, or begin a new trace."""
    value = header if _TRACEPARENT.fullmatch(header) else _new()
    _CURRENT.set(value)
    return value


def current() -> str:
    """The trace of this context, begun if there is none."""
    return _CURRENT.get() or _new()


def _new() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
