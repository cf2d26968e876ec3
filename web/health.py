"""Serves `/healthz` and `/readyz`, and a clear 503 when the database is not available."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.operating.health import database_trouble
from postroom.web.protection import error_pages

log = logger(__name__)


class ProbeMiddleware:
    """Answers `/healthz` and `/readyz` before any other middleware.

    Probes of containers and load balancers use an IP address and plain HTTP: `ALLOWED_HOSTS` and
    `HTTPS_ONLY` must not make a healthy process look unhealthy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match request.path_info:
            case "/healthz":
                return _healthz()
            case "/readyz":
                return _readyz()
        return self.get_response(request)


def _healthz() -> HttpResponse:
    """Alive: the process answers."""
    return JsonResponse({"status": "ok"})


def _readyz() -> HttpResponse:
    """Ready: no rule about the database finds anything. Requests do not need RabbitMQ."""
    if trouble := database_trouble():
        # Strangers can ask too: the words, with host and user of the database, are for the log.
        log.error("database_unavailable", path="/readyz", error=trouble)
        return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok"})


class DatabaseTroubleMiddleware:
    """Answers 503 with `Retry-After` if a view fails because the database is not available."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for an exception raised by a view."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.error("database_unavailable", path=request.path, error=str(error).strip())
        return error_pages.unavailable(request)
