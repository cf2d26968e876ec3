"""Authentication by `Authorization: Bearer TOKEN` or `Authorization: Token TOKEN`."""

from typing import Any, Final

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from postroom.shared.telemetry.logs import logger
from postroom.web.api.models import ApiToken
from postroom.web.api.tokens import find_token, note_use
from postroom.web.protection import counters
from postroom.web.protection.client import client_of

log = logger(__name__)

SCHEMES: Final = (b"bearer", b"token")
WRONG_TOKENS: Final = 30
_QUARTER_HOUR: Final = 900
_REFUSED: Final = "This token is not valid: it is wrong, has expired or was deleted."


def _count_wrong(client: str) -> None:
    """Log a wrong token, and answer 429 to clients that try many.

    A right token works all the same: nobody guesses 256 random bits, and behind one address there
    may be other users.

    Raises:
        Throttled: more than WRONG_TOKENS within a quarter of an hour.
    """
    wait = counters.hit("api_token", client, limit=WRONG_TOKENS, seconds=_QUARTER_HOUR)
    log.warning("api_token_refused", client=client, limited=bool(wait))
    if wait:
        raise Throttled(wait)


class TokenAuthentication(BaseAuthentication):
    """Sets the token's user, and the token as `request.auth`; ignores other schemes."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Look the token up.

        Raises:
            AuthenticationFailed: the token is not valid now, or its user is inactive (401).
            Throttled: it is not valid, and its client has tried too many of those (429).
            PermissionDenied: a read-only token on a request that changes something (403).
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != 2 or not words[1].isascii():
            raise AuthenticationFailed("Use the header `Authorization: Bearer <token>`.")
        token = find_token(words[1].decode("ascii"))
        if token is None:
            _count_wrong(client_of(request._request))
            raise AuthenticationFailed(_REFUSED)
        if token.read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This token is read-only.")
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """The header `WWW-Authenticate` of a 401 (RFC 6750 3)."""
        return 'Bearer realm="api"'
