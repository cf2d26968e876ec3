"""The link with which a person turns notices off or chooses how they come, and its token.

The token names person and kind, signed with SECRET_KEY: it gives access to that choice alone.
"""

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import NoReverseMatch, reverse

from postroom.web.conf import conf
from postroom.web.emails.lists.headers import ONE_CLICK, header_link
from postroom.web.notifications.recipients import Person
from postroom.web.people import active, address_of

_SALT: Final = "postroom.web.notifications.wishes.preferences"
# What a token names: the key of a user, as text, or an address.
_USER: Final = "user"
_ADDRESS: Final = "address"


def of(kind: str, person: Person) -> tuple[str, dict[str, str]]:
    """The link, and the header fields with it (RFC 8058); both empty if there is no such page.

    There is none without SITE_URL, or where the site does not include our URLs. The fields are
    left out as well if the link fits on no header line.
    """
    if not conf.site_url:
        return "", {}
    try:
        path = reverse("postroom_notifications:preference", args=[token_of(kind, person)])
    except NoReverseMatch:
        return "", {}
    link = f"{conf.site_url}{path}"
    if not (short := header_link(link)):
        return link, {}
    return link, {"List-Unsubscribe": f"<{short}>", "List-Unsubscribe-Post": ONE_CLICK}


def token_of(kind: str, person: Person) -> str:
    """The token of a person's choice about one kind."""
    # As text: a key may be a UUID, which JSON does not know.
    who = (_ADDRESS, person.address) if person.user is None else (_USER, str(person.user.pk))
    return signing.dumps([kind, *who], salt=_SALT)


def by_token(token: str) -> tuple[str, Person] | None:
    """Kind and person of a token; None if it is forged or truncated, or the user is gone."""
    try:
        kind, what, who = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    if what == _ADDRESS:
        return kind, Person(who)
    user = _user(who)
    address = address_of(user).strip()
    return (kind, Person(address, user)) if address else None


def _user(key: str) -> Any:
    users: Any = get_user_model()._default_manager
    try:
        return users.filter(active(), pk=key).first()
    except (ValueError, ValidationError):
        return None  # signed for another user model
