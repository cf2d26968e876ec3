"""Leaves a mailing list and joins it again: one address, one list, and nothing else."""

from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils.functional import Promise

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.lists.tokens import Subscription
from postroom.web.emails.models import Suppression
from postroom.web.emails.signals import list_joined, list_left

REASON: Final = "unsubscribed from this list"

log = logger("postroom.web.emails")
Name = str | Promise | Callable[[str], str]
_names: dict[str, Name] = {}


def register_name(list_id: str, name: Name) -> None:
    """What the page calls a list; an app's `ready` calls this. Without it, the page shows the id.

    `list_id` may end in `*`: a name for each list that begins so. `name` may be a lazy translation
    (`gettext_lazy`), or a function from the id to the name, which is called in the language of the
    page's reader.
    """
    _names[list_id] = name


def name_of(list_id: str) -> str:
    """The name that was registered for it, in the active language, or the id."""
    found = _names.get(list_id)
    if found is None:
        begins = [key for key in _names if key.endswith("*") and list_id.startswith(key[:-1])]
        found = _names[max(begins, key=len)] if begins else list_id
    return str(found(list_id) if callable(found) else found)


def has_left(subscription: Subscription) -> bool:
    """Whether the address gets no e-mail of this list."""
    return Suppression.objects.filter(**subscription._asdict()).exists()


def gets_nothing(subscription: Subscription) -> bool:
    """Whether the address is suppressed for every list."""
    return Suppression.objects.filter(address=subscription.address, list_id="").exists()


def leave(subscription: Subscription) -> bool:
    """Send this address no e-mail of the list, not even what is queued. False: it had left."""
    with transaction.atomic():
        _, new = Suppression.objects.get_or_create(
            **subscription._asdict(), defaults={"reason": REASON}
        )
        if new:
            list_left.send(Suppression, **subscription._asdict())
            log.info("list_left", list_id=subscription.list_id)
    return new


def join(subscription: Subscription) -> bool:
    """Send this address the list again. False: it had not left."""
    with transaction.atomic():
        gone, _ = Suppression.objects.filter(**subscription._asdict()).delete()
        if gone:
            list_joined.send(Suppression, **subscription._asdict())
            log.info("list_joined", list_id=subscription.list_id)
    return bool(gone)
