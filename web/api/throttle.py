"""Limits the requests of one user per minute."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class UserThrottle(SimpleRateThrottle):
    """API_REQUESTS_PER_MINUTE per user, over all tokens; beyond it 429 with `Retry-After`.

    Counted in Django's cache; with the default cache each web process counts on its own. Anonymous
    requests are not counted: endpoints that accept them have limits of their own.
    """

    scope = "user"

    def get_rate(self) -> str | None:
        """The setting as DRF writes rates; None if it is 0."""
        limit = settings.API_REQUESTS_PER_MINUTE
        return f"{limit}/min" if limit else None

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """One count per user; None: no limit."""
        if not request.user or not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}
