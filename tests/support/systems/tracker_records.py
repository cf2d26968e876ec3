"""People and items of the tracker, and the ways in which its API and board are used."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from postroom.web.api.tokens import create_token
from postroom.web.systems.tracker.models import Epic


def person(name: str, **fields: Any) -> User:
    """A user who may sign in and has no permissions."""
    values = {"email": f"{name}@example.org", "first_name": name.capitalize()}
    return User.objects.create(username=name, **values | fields)


def epic_of(owner: User | None, reporter: User | None, **fields: Any) -> Epic:
    """A stored epic that is still to do."""
    return Epic.objects.create(**{"title": "Passkeys"} | fields, owner=owner, reporter=reporter)


class Api:
    """The API with a token of one user."""

    def __init__(self, user: User, scheme: str = "Bearer") -> None:
        self._headers = {"authorization": f"{scheme} {create_token(user)[1]}"}

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a GET."""
        return Client().get(f"/api/{path}", query, headers=self._headers)

    def patch(self, path: str, **fields: Any) -> Any:
        """The answer to a PATCH."""
        return self._send("patch", path, fields)

    def post(self, path: str, **fields: Any) -> Any:
        """The answer to a POST."""
        return self._send("post", path, fields)

    def delete(self, path: str) -> Any:
        """The answer to a DELETE."""
        return self._send("delete", path, {})

    def _send(self, method: str, path: str, fields: dict[str, Any]) -> Any:
        send = getattr(Client(), method)
        return send(f"/api/{path}", fields, content_type="application/json", headers=self._headers)
