"""Continues the caller's trace, so that the e-mails of a request are part of it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from postroom.shared.telemetry import tracing


class TraceMiddleware:
    """Reads the header `traceparent` (W3C Trace Context), or starts a trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("traceparent", "")
        with tracing.request(request.method or "", header) as answered:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            answered(route, response.status_code)
            return response
