"""The recipients of a notice: each person once, and only those with a valid address."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser

from postroom.shared.addresses import comparison_key, same_key
from postroom.shared.telemetry.logs import logger
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.addresses import check_address
from postroom.web.notifications.registry import Change, Notice
from postroom.web.people import address_of

log = logger("postroom.web.notifications")


class Person(NamedTuple):
    """A recipient; `user` is None where a declaration names only an address."""

    address: str
    user: Any = None


def people(notice: Notice, change: Change) -> list[Person]:
    """Each person with one address, in the declaration's order.

    Left out: None, inactive users, users without a valid address and, with `skip_actor`, the user
    who made the change. Two spellings of one address are one person.
    """
    found: dict[str, Person] = {}
    actor = change.actor if notice.skip_actor else None
    skipped = comparison_key(_address(actor)) if actor else ""
    for person in _people(notice, change.instance):
        if person is None or not getattr(person, "is_active", True):
            continue
        if actor is not None and person == actor:
            continue
        if (address := valid_address(person)) and (key := same_key(address)) != skipped:
            user = person if isinstance(person, AbstractBaseUser) else None
            found.setdefault(key, Person(address, user))
    return list(found.values())


def _people(notice: Notice, row: Any) -> Iterable[Any]:
    if callable(notice.recipients):
        return notice.recipients(row)
    return [_follow(row, path) for path in notice.recipients]


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name) if row is not None else None
    return row


def _address(person: Any) -> str:
    if isinstance(person, AbstractBaseUser):
        return address_of(person).strip()
    return (person if isinstance(person, str) else getattr(person, "email", "") or "").strip()


def valid_address(person: Any) -> str:
    """The address of a user, or the one that is given, if the queue takes it; else ''."""
    try:
        return check_address(_address(person), "recipients")[0]
    except EmailRequestError:
        # Never log the address: many people read logs. An empty field is not worth a line.
        if person != "":
            log.info("notice_recipient_skipped", person=getattr(person, "pk", None))
        return ""
