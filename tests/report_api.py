"""Requests to the reports' API by one user, or by nobody."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from web.api.tokens import create_token

BASE = "/api/reports/schedules/"


class Api:
    """One user's requests."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        self._headers = (
            {"authorization": f"Bearer {create_token(user)[1]}"} if user is not None else {}
        )

    def __call__(self, method: str, path: str = "", data: Any = None) -> Any:
        content = {"data": data, "content_type": "application/json"} if data is not None else {}
        send = getattr(Client(), method)
        return send(BASE + path, headers=self._headers, **content)
