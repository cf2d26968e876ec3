"""Requests to the reports' API by one user, or by nobody."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from postroom.web.api.tokens import create_token

BASE = "/api/reports/schedules/"


SCHEDULE, ADD_OTHERS = "add_reportschedule", "add_reportschedulerecipient"


class Api:
    """One user's requests; `may` adds permissions of the reports app."""

    def __init__(self, user: User | None, *may: str) -> None:
        self.user = user
        if user is not None:
            found = Permission.objects.filter(
                content_type__app_label="postroom_reporting", codename__in=may
            )
            user.user_permissions.add(*found)
        self._headers = (
            {"authorization": f"Bearer {create_token(user)[1]}"} if user is not None else {}
        )

    def __call__(self, method: str, path: str = "", data: Any = None) -> Any:
        content = {"data": data, "content_type": "application/json"} if data is not None else {}
        send = getattr(Client(), method)
        return send(BASE + path, headers=self._headers, **content)
