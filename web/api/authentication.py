"""Authentication by `Authorization: Bearer TOKEN` or `Authorization: Token TOKEN`."""

from typing import Any, Final

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from postroom.web.api.models import ApiToken
from postroom.web.api.tokens import find_token, note_use

SCHEMES: Final = (b"bearer", b"token")
_REFUSED: Final = "This token is not valid: it is wrong, has expired or was deleted."


class TokenAuthentication(BaseAuthentication):
    """Sets the token's user, and the token as `request.auth`; ignores other schemes."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """Look the token up.

        Raises:
            AuthenticationFailed: the token is not valid now, or its user is inactive (401).
            PermissionDenied: a read-only token on a request that changes something (403).
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        if len(words) != 2 or not words[1].isascii():
            raise AuthenticationFailed("Use the header `Authorization: Bearer <token>`.")
        token = find_token(words[1].decode("ascii"))
        if token is None:
            raise AuthenticationFailed(_REFUSED)
        if token.read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied("This token is read-only.")
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """The header `WWW-Authenticate` of a 401 (RFC 6750 3)."""
        return 'Bearer realm="api"'
