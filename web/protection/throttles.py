"""Limits of REST endpoints, counted by user or by client."""

from typing import Any, Final

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from postroom.web.protection import counters
from postroom.web.protection.client import client_of

HOUR: Final = 3600


class CountedThrottle(BaseThrottle):
    """At most `limit` requests per `seconds` of one user, or of one client without login."""

    purpose = ""
    limit = 0
    seconds = HOUR

    def __init__(self) -> None:
        self._wait = 0

    def get_limit(self) -> int:
        """The limit now; 0 means none."""
        return self.limit

    def whose(self, request: Request) -> str:
        """Who is counted; empty: not counted."""
        if request.user and request.user.is_authenticated:
            return f"user {request.user.pk}"
        return f"client {client_of(request._request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; False beyond the limit, which becomes a 429."""
        who = self.whose(request)
        if who:
            self._wait = counters.hit(
                self.purpose, who, limit=self.get_limit(), seconds=self.seconds
            )
        return not self._wait

    def wait(self) -> float | None:
        """For `Retry-After`."""
        return self._wait or None
