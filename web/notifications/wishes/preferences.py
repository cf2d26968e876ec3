"""How people want their notices: at once, once a day, not at all; by person and kind.

"Not at all" is an entry of the suppression list as well, for the list of the kind, so that queued
e-mail stops too, and so that an entry made elsewhere counts here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from postroom.shared.addresses import comparison_key
from postroom.web.conf import conf
from postroom.web.emails.models import Suppression
from postroom.web.notifications.models import How, NoticePreference, PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.parts import JOBS

_REASON: Final = "turned off these notices"


# One statement, as it is run for each change.
_WISHES: Final = """
SELECT user_id, address, how, timezone, (user_id IS NOT NULL)::int
FROM postroom_notifications_noticepreference
WHERE kind = %(kind)s
  AND (user_id = ANY(%(users)s) OR (user_id IS NULL AND address = ANY(%(addresses)s)))
UNION ALL
SELECT NULL, address, 'off', NULL, 2 FROM postroom_suppression
WHERE list_id = %(list)s AND address = ANY(%(addresses)s)
ORDER BY 5
"""


class Wish(NamedTuple):
    """How a person wants a notice, and their time zone."""

    how: How = How.NOW
    zone: str = ""


def can_wait() -> bool:
    """Whether notices can be kept for later: a job sends them."""
    return apps.is_installed(JOBS)


def list_id(kind: str) -> str:
    """The mailing list of a kind of notices (RFC 2919)."""
    return f"notices.{kind}"


def wishes(kind: str, people: Sequence[Person]) -> Mapping[str, Wish]:
    """By address: what each of `people` wants of this kind; in the transaction of the change.

    What a user chose counts more than what their address chose without the account, and an entry
    of the suppression list most. It says nothing of the time zone.
    """
    keys = {comparison_key(one.address): one.address for one in people}
    users = {one.user.pk: one.address for one in people if one.user is not None}
    found = dict.fromkeys(keys.values(), Wish())
    if not people:
        return found
    values = {
        "kind": kind, "list": list_id(kind), "users": list(users), "addresses": list(keys),
    }  # fmt: skip
    # By psycopg's own cursor, which prepares it, as the e-mails are written.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        rows = connection.connection.execute(_WISHES, values).fetchall()
    for user, address, how, zone, _ in rows:
        whose = users[user] if user is not None else keys[address]
        found[whose] = Wish(How(how), found[whose].zone if zone is None else zone)
    return found


def wish_of(kind: str, person: Person) -> Wish:
    """What one person wants of this kind."""
    return wishes(kind, [person])[person.address]


def choose(kind: str, person: Person, how: How, zone: str | None = None) -> None:
    """Store the wish of a person, and let queued e-mail follow it.

    `zone`: of the daily digest; '' for the site's, None to leave it as it is.
    """
    whose: dict[str, Any] = {"user": person.user}
    if person.user is None:
        whose["address"] = person.address
    entry = {"address": person.address, "list_id": list_id(kind)}
    with transaction.atomic():
        if zone is None:
            zone = wish_of(kind, person).zone
        if person.user is not None:
            # Chosen by a link of an e-mail to this mailbox that knew no account: it is out of date.
            others = NoticePreference.objects.filter(user=None, address=person.address, kind=kind)
            others.delete()
        values = {"how": how.value, "timezone": zone, "changed_at": Now()}
        NoticePreference.objects.update_or_create(**whose, kind=kind, defaults=values)
        if how is How.OFF:
            Suppression.objects.get_or_create(**entry, defaults={"reason": _REASON})
            kept = PendingNotice.objects.filter(kind=kind)
            of_one = Q(user=person.user) if person.user else Q(address=person.address)
            kept.filter(of_one).delete()
        else:
            Suppression.objects.filter(**entry).delete()


def next_digest(zone: str, now: datetime) -> datetime:
    """The next NOTICES_DIGEST_HOUR in this time zone; the site's if it is empty or unknown."""
    local = now.astimezone(_zone(zone))
    due = local.replace(hour=conf.notices_digest_hour, minute=0, second=0, microsecond=0, fold=0)
    if due <= local:
        due += timedelta(days=1)
    return due


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else timezone.get_default_timezone()
    except (LookupError, OSError, ValueError):
        return timezone.get_default_timezone()
