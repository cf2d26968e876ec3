"""Who makes a change: the user of the request, or whom `acting_as` names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_named: ContextVar[Any] = ContextVar("acting_as", default=None)


class ActorMiddleware:
    """Remembers the request while it is served; stands behind AuthenticationMiddleware.

    The request and not its user: a token's user is known only once the API has looked at it.
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
    """Changes in the block are `user`'s, in a shell, a command or a job; None: nobody's.

    Raises:
        TypeError: `user` is no user, a name for example.
    """
    if user is not None and not hasattr(user, "is_authenticated"):
        raise TypeError(f"acting_as takes a user or None, not {user!r}")
    token = _named.set((user,))
    try:
        yield
    finally:
        _named.reset(token)


def current_actor() -> Any:
    """The user who makes changes now, or None: nobody is known."""
    named = _named.get()
    user = named[0] if named else getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None
