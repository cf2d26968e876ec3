"""Limits how many requests one user may send a minute."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class UserThrottle(SimpleRateThrottle):
    """API_REQUESTS_PER_MINUTE a user, whatever number of tokens; beyond it 429 and `Retry-After`.

    Counted in Django's cache: with the default one, by each web process for itself. Requests of
    nobody in particular are not counted: endpoints that take these have limits of their own.
    """

    scope = "user"

    def get_rate(self) -> str | None:
        """DRF's words for the setting; None when it is 0."""
        limit = settings.API_REQUESTS_PER_MINUTE
        return f"{limit}/min" if limit else None

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """One count for each user."""
        if not request.user or not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}
