"""The link with which a person turns notices off or chooses how they come, and its token.

The token names person and kind, signed with SECRET_KEY: it gives access to that choice alone.
"""

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import NoReverseMatch, reverse

from postroom.shared.errors import HeaderError
from postroom.web.conf import conf
from postroom.web.notifications.recipients import Person
from postroom.web.people import active, address_of

_SALT: Final = "postroom.web.notifications.wishes.preferences"


def of(kind: str, person: Person) -> tuple[str, dict[str, str]]:
    """The link, and the header fields with it (RFC 8058); both empty if there is no such page.

    There is none without SITE_URL, or where the site does not include our URLs.
    """
    if not conf.site_url:
        return "", {}
    try:
        path = reverse("postroom_notifications:preference", args=[token_of(kind, person)])
    except NoReverseMatch:
        return "", {}
    link = f"{conf.site_url}{path}"
    fields = {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return link, fields


def token_of(kind: str, person: Person) -> str:
    """The token of a person's choice about one kind."""
    who = person.address if person.user is None else person.user.pk
    return signing.dumps([kind, who], salt=_SALT)


def by_token(token: str) -> tuple[str, Person] | None:
    """Kind and person of a token; None if it is forged or truncated, or the user is gone."""
    try:
        kind, who = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, HeaderError):
        return None
    if isinstance(who, str) and "@" in who:
        return kind, Person(who)
    users: Any = get_user_model()._default_manager
    user = users.filter(active(), pk=who).first()
    if user is None or not address_of(user):
        return None
    return kind, Person(address_of(user).strip(), user)
