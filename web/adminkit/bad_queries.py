"""Answers 400 where the query of an admin page holds a value that no row can have."""

from collections.abc import Callable
from typing import Final

from django.core.exceptions import FieldError
from django.db import DataError, ProgrammingError
from django.http import HttpRequest, HttpResponse

from postroom.shared.telemetry.logs import logger

log = logger(__name__)

# What Django and PostgreSQL raise, late, for `?status__exact=%00`, `?created_at__year=0`,
# `?id__range=0` and others that Django's own check of filters lets pass.
NONSENSE: Final = (
    ValueError, TypeError, LookupError, ArithmeticError, FieldError, DataError, ProgrammingError,
)  # fmt: skip
_ANSWER: Final = (
    "This address asks for something that cannot exist. Go back, or open the list without filters."
)


class BadQueryMiddleware:
    """For all lists of the admin, Django's own too. The traceback is logged: it may be a bug."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django's hook for an exception raised by a view or its template."""
        match = request.resolver_match
        if not isinstance(error, NONSENSE) or match is None or "admin" not in match.app_names:
            return None
        if not request.GET:
            return None
        log.warning("admin_query_refused", path=request.path, exc_info=error)
        return HttpResponse(_ANSWER, status=400, content_type="text/plain; charset=utf-8")
