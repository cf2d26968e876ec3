"""Limits the requests of one user per minute."""

from rest_framework.request import Request

from postroom.web.conf import conf
from postroom.web.protection.throttles import CountedThrottle


class UserThrottle(CountedThrottle):
    """API_REQUESTS_PER_MINUTE per user, over all tokens; beyond it 429 with `Retry-After`.

    Counted in the database for all web processes together. Anonymous requests are not counted:
    endpoints that accept them have limits of their own.
    """

    purpose = "api"
    seconds = 60

    def get_limit(self) -> int:
        """The setting; 0 means no limit."""
        return int(conf.api_requests_per_minute)

    def whose(self, request: Request) -> str:
        """One count per user."""
        known = request.user and request.user.is_authenticated
        return f"user {request.user.pk}" if known else ""
