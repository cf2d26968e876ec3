"""Takes over the caller's trace, so that a request's e-mails can be followed back to it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from postroom.shared.telemetry import tracing


class TraceMiddleware:
    """Reads the W3C header `traceparent`, or begins a trace."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("traceparent", "")
        with tracing.request(request.method or "", header) as answered:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            answered(route, response.status_code)
            return response
