"""The actor of a change: the user of the request, or the user that `acting_as` names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_named: ContextVar[Any] = ContextVar("acting_as", default=None)


class ActorMiddleware:
    """Keeps the request while it is served; place it after AuthenticationMiddleware.

    It keeps the request, not its user: the API finds the user of a token only later.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


@contextmanager
def acting_as(user: Any) -> Iterator[None]:
    """In a shell, command or job: changes in the block are made by `user`; None: no known user.

    Raises:
        TypeError: `user` is not a user, but for example a name.
    """
    if user is not None and not hasattr(user, "is_authenticated"):
        raise TypeError(f"acting_as takes a user or None, not {user!r}")
    token = _named.set((user,))
    try:
        yield
    finally:
        _named.reset(token)


def current_actor() -> Any:
    """The user who makes changes now, or None if unknown."""
    named = _named.get()
    user = named[0] if named else getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None
