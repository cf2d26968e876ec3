"""Takes over the caller's trace, so that a request's e-mails can be followed back to it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shared import tracing


class TraceMiddleware:
    """Reads the W3C header `traceparent`, or begins a trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tracing.accept(request.headers.get("traceparent", ""))
        return self.get_response(request)
