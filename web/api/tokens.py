"""Creates tokens, and finds the token of a request."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from postroom.web.api.models import ApiToken

# The prefix makes tokens easy to find in logs and code where they should not be.
PREFIX: Final = "postroom_"
_USE_NOTED_EVERY: Final = timedelta(hours=1)


def create_token(
    user: Any, *, name: str = "", expires_in: timedelta | None = None, read_only: bool = False
) -> tuple[ApiToken, str]:
    """Create a token for `user`: (row, token). The token cannot be read again later.

    `expires_in`: how long it is valid, by the database's clock; None: until it is deleted.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(user=user, name=name, digest=digest(token), read_only=read_only)
    if expires_in is not None:
        row.expires_at = Now() + expires_in
    row.save()
    row.refresh_from_db()
    return row, token


def find_token(token: str) -> ApiToken | None:
    """The row of a token that is valid now, with its user; None for any other text."""
    good = Q(expires_at=None) | Q(expires_at__gt=Now())
    row = ApiToken.objects.select_related("user").filter(good, digest=digest(token)).first()
    return row if row is not None and row.user.is_active else None


def note_use(row: ApiToken) -> None:
    """Keep `last_used_at` correct to the hour, without a write per request."""
    if row.last_used_at and timezone.now() - row.last_used_at < _USE_NOTED_EVERY:
        return
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=Now() - _USE_NOTED_EVERY)
    # The statement checks again, so that of many requests at once only one writes.
    ApiToken.objects.filter(long_ago, pk=row.pk).update(last_used_at=Now())


def digest(token: str) -> str:
    """SHA-256 in hex. A token has 256 random bits, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
