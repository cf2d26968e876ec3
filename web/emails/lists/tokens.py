"""The token in an unsubscribe link: one address and one list, signed; no row is needed for it."""

from typing import Final, NamedTuple

from django.core.signing import BadSignature, Signer

_LONGEST: Final = 2000  # characters; a longer one is not ours


class Subscription(NamedTuple):
    """`address` is a comparison key, as the suppression list has it."""

    address: str
    list_id: str


def token_of(subscription: Subscription) -> str:
    """The same token each time, so that an e-mail that is queued twice is the same one."""
    return _signer().sign_object(list(subscription))


def read(token: str) -> Subscription | None:
    """What was signed; None if the token is forged or truncated."""
    if len(token) > _LONGEST:
        return None
    try:
        address, list_id = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        return None
    return Subscription(address, list_id)


def _signer() -> Signer:
    # Created for each call: it reads SECRET_KEY and SECRET_KEY_FALLBACKS when created.
    return Signer(sep=".", salt="postroom.web.emails.lists")
