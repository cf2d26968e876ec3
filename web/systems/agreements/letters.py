"""The variables of the e-mails about agreements, and the idempotency key of each."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import pgettext

from postroom.shared.addresses import comparison_key
from postroom.web.conf import conf
from postroom.web.dates import in_full, in_short
from postroom.web.letter_words import answers, page, usable, written_for
from postroom.web.systems.agreements.models import MOU, MOUEvent
from postroom.web.systems.agreements.standing import (
    Standing,
    days_left,
    expires_soon,
    in_words,
    next_warning,
    standing,
)

# An e-mail is for reading: of a longer list it shows the beginning and the number of the rest.
LONGEST_LIST: Final = 50
# How far the weekly summary looks ahead.
AHEAD: Final = timedelta(days=14)


def facts(mou: MOU, today: date) -> dict[str, Any]:
    """The variables of an e-mail about one agreement, as of `today`, in the active language."""
    events = list(mou.events.all())
    pending = [event for event in events if event.status == MOUEvent.Status.PENDING]
    left = days_left(mou.end_date, today)
    warning = next_warning(mou.end_date, today)
    state = standing(mou.start_date, mou.end_date, today)
    return {
        "site_name": conf.site_name,
        "title": mou.title,
        "organization": mou.organization,
        "status": pgettext("agreement", state.value),
        "start_date": in_full(mou.start_date),
        "upcoming": state == Standing.UPCOMING,
        "expiry_date": in_full(mou.end_date),
        "days_left": left,
        "ends": in_words(left),
        "expires_soon": expires_soon(mou.end_date, today),
        "next_warning": in_full(warning) if warning else "",
        "events_total": len(events),
        "events_completed": len(events) - len(pending),
        "events_pending": len(pending),
        "pending_events": [_event(event, today) for event in pending[:LONGEST_LIST]],
        "pending_beyond": max(0, len(pending) - LONGEST_LIST),
    }


def for_reader(mou: MOU, reader: str) -> dict[str, Any]:
    """The arguments of `send_email_task` that differ between the two coordinators.

    Our own coordinator can open the agreement's page; the partner's has no account here and
    answers ours. A reply of ours reaches the partner. Without the other one a reply reaches
    CONTACT_EMAIL, and without that the e-mail asks for none.
    """
    ours, theirs = mou.staff_coordinator_email, mou.mou_coordinator_email
    is_ours = comparison_key(reader) == comparison_key(ours)
    other = theirs if is_ours else ours
    if comparison_key(other) == comparison_key(reader) or not usable(other):
        other = ""
    answered = [other] if other else answers().get("reply_to", [])
    return {
        "reply_to": answered,
        "context": {
            "url": page("admin:postroom_agreements_mou_change", mou.pk) if is_ours else "",
            "is_staff": is_ours,
            "other": other,
            "can_reply": bool(answered),
        },
    }


@written_for("agreements/weekly_summary")
def summary(mous: Iterable[MOU], today: date, reader: str) -> dict[str, Any]:
    """The variables of one week's summary of a coordinator's agreements, soonest end first.

    `total` are in force; `upcoming` have not begun.
    """
    expiring: list[dict[str, str]] = []
    due: list[tuple[date, dict[str, Any]]] = []
    total = upcoming = 0
    for mou in mous:
        if mou.start_date > today:
            upcoming += 1
        else:
            total += 1
        if expires_soon(mou.end_date, today):
            expiring.append({"name": str(mou), "ends": in_words(days_left(mou.end_date, today))})
        due += [
            (event.date, {"mou": mou.title, **_event(event, today), "date": in_short(event.date)})
            for event in mou.events.all()
            if event.status == MOUEvent.Status.PENDING and event.date <= today + AHEAD
        ]
    due.sort(key=lambda pair: pair[0])
    return {
        "site_name": conf.site_name,
        "week_of": in_full(today),
        "total": total,
        "upcoming": upcoming,
        "url": page("admin:postroom_agreements_mou_changelist", q=reader),
        **_capped("expiring", expiring),
        **_capped("due", [event for _, event in due]),
    }


def key(job: str, period: str, recipient: str, about: int | str = "") -> str:
    """The idempotency key of one e-mail: its job, subject matter, period and recipient.

    The recipient's address is hashed: an address may be as long as a key.
    """
    reader = hashlib.sha256(comparison_key(recipient).encode()).hexdigest()[:16]
    return f"agreements.{job}:{about}:{period}:{reader}"


def _event(event: MOUEvent, today: date) -> dict[str, Any]:
    return {"title": event.title, "date": in_full(event.date), "overdue": event.date < today}


def _capped(name: str, rows: Sequence[Any]) -> dict[str, Any]:
    beyond = max(0, len(rows) - LONGEST_LIST)
    return {name: list(rows[:LONGEST_LIST]), f"{name}_count": len(rows), f"{name}_beyond": beyond}
