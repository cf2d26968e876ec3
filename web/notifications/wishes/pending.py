"""Changes that people read later, together: the daily digest, and what is over a limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from postroom.web.conf import conf
from postroom.web.notifications.models import PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.registry import kinds
from postroom.web.notifications.wishes import links
from postroom.web.notifications.wishes.preferences import list_id

_FACTS: Final = ("kind", "title", "field", "old", "new", "changed_by", "changed_at", "url")
MOST_ITEMS: Final = 100  # in one e-mail; further ones go into the next


def keep(
    person: Person, kind: str, row: Any, facts: dict[str, Any], due: datetime
) -> PendingNotice:
    """One change for one person, not stored yet. `facts`: as of `content.facts`."""
    return PendingNotice(
        user=person.user,
        address=person.address,
        kind=kind,
        app=row._meta.app_label,
        item=f"{row._meta.model_name}:{row.pk}",
        facts={name: facts[name] for name in _FACTS},
        due_at=due,
    )


def digest(person: Person, kind: str, rows: Sequence[PendingNotice]) -> dict[str, Any]:
    """Arguments of `send_email_task` for one e-mail with these changes.

    Several changes of one field of one item are one line: from its first value to its last.
    """
    link, headers = links.of(kind, person)
    return {
        "email_type": "notices.digest",
        "subject": "",
        "recipients": [person.address],
        "template_path": "notices/digest",
        "context": {
            "site_name": conf.site_name,
            "about": kinds().get(kind, kind),
            "changes": len(rows),
            "items": [_line(group) for group in grouped(rows)],
            "preferences_url": link,
        },
        "headers": headers,
        "list_id": list_id(kind),
        "source_app": "notices",
        "idempotency_key": f"notices:digest:{rows[0].pk}:{rows[-1].pk}",
    }


def grouped(rows: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    """The changes of each field of each item, in the order of their first."""
    found: dict[tuple[str, str, str], list[PendingNotice]] = {}
    for row in rows:
        found.setdefault((row.app, row.item, row.facts["field"]), []).append(row)
    return list(found.values())


def parts(rows: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    """The changes in portions of at most `MOST_ITEMS` lines, none left out."""
    groups = grouped(rows)
    chunks = [groups[n : n + MOST_ITEMS] for n in range(0, len(groups), MOST_ITEMS)]
    return [[row for group in chunk for row in group] for chunk in chunks]


def _line(group: Sequence[PendingNotice]) -> dict[str, Any]:
    first, last = group[0].facts, group[-1].facts
    names = dict.fromkeys(row.facts["changed_by"] for row in group if row.facts["changed_by"])
    return {
        **last,
        "old": first["old"],
        "changed_by": ", ".join(names),
        "times": len(group),
    }
