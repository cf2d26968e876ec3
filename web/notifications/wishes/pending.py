"""Changes that people read later, together: the daily digest, and what is over a limit."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from postroom.web.conf import conf
from postroom.web.letter_words import answers, language_for, written_in
from postroom.web.notifications.models import PendingNotice
from postroom.web.notifications.recipients import Person
from postroom.web.notifications.registry import Change, kinds
from postroom.web.notifications.wishes import links
from postroom.web.notifications.wishes.preferences import list_id

_FACTS: Final = ("kind", "title", "field", "old", "new", "changed_by", "changed_at", "url")
MOST_ITEMS: Final = 100  # in one e-mail; further ones go into the next
LONGEST: Final = 500  # characters of one fact: a digest is an overview
TEMPLATE: Final = "notices/digest"


def keep(
    person: Person, kind: str, change: Change, facts: dict[str, Any], due: datetime
) -> PendingNotice:
    """One change for one person, not stored yet. `facts`: as of `content.facts`.

    Long facts are cut, except the URL: what is stored must fit into an e-mail.
    """
    row = change.instance
    return PendingNotice(
        user=person.user,
        address=person.address,
        kind=kind,
        app=row._meta.app_label,
        item=f"{row._meta.model_name}:{row.pk}",
        field=change.field,
        facts={name: facts[name] if name == "url" else _cut(facts[name]) for name in _FACTS},
        due_at=due,
    )


def digest(person: Person, kind: str, rows: Sequence[PendingNotice]) -> dict[str, Any]:
    """Arguments of `send_email_task` for one e-mail with these changes.

    Several changes of one field of one item are one line: from its first value to its last.
    """
    link, headers = links.of(kind, person)
    language = language_for(TEMPLATE)
    with written_in(language):
        about = kinds().get(kind, kind)
    return {
        "email_type": "notices.digest",
        "subject": "",
        "recipients": [person.address],
        "template_path": TEMPLATE,
        "language": language,
        "context": {
            "site_name": conf.site_name,
            "about": about,
            "changes": len(rows),
            "items": [_line(group) for group in grouped(rows)],
            "preferences_url": link,
        },
        **answers(),
        "headers": headers,
        "list_id": list_id(kind),
        "source_app": "notices",
        "idempotency_key": f"notices:digest:{rows[0].pk}:{rows[-1].pk}",
    }


def grouped(rows: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    """The changes of each field of each item, in the order of their first."""
    found: dict[tuple[str, str, str], list[PendingNotice]] = {}
    for row in rows:
        found.setdefault((row.app, row.item, row.field), []).append(row)
    return list(found.values())


def parts(rows: Sequence[PendingNotice]) -> list[list[PendingNotice]]:
    """The changes in portions of one e-mail each, none left out.

    A portion has at most `MOST_ITEMS` lines, and more than one only as long as they take at most
    half of EMAIL_MAX_CONTEXT_BYTES.
    """
    found: list[list[PendingNotice]] = []
    lines = used = 0
    for group in grouped(rows):
        size = len(json.dumps(_line(group), ensure_ascii=False).encode(errors="replace"))
        if not found or lines == MOST_ITEMS or used + size > conf.email_max_context_bytes // 2:
            found.append([])
            lines = used = 0
        found[-1] += group
        lines, used = lines + 1, used + size
    return found


def _line(group: Sequence[PendingNotice]) -> dict[str, Any]:
    first, last = group[0].facts, group[-1].facts
    names = dict.fromkeys(row.facts["changed_by"] for row in group if row.facts["changed_by"])
    return {
        **last,
        "old": first["old"],
        "changed_by": _cut(", ".join(names)),
        "times": len(group),
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
