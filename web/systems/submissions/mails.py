"""The two e-mails about a submission, built from its record: confirmation and staff notice.

They can be built again later, when queueing them failed at first (see `queueing.py`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings

from postroom.web.conf import conf
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)
from postroom.web.systems.submissions.names import safe_name


class _Facts(NamedTuple):
    """What the e-mails say. `confirmed`: no typed text, which could contain a link."""

    kind: str
    confirmed: dict[str, Any]
    noticed: dict[str, Any]
    attachments: Sequence[tuple[str, bytes, str]] = ()


def confirmation(record: Submission) -> dict[str, Any]:
    """Arguments of `send_email_task`: confirms to the sender that it arrived."""
    facts = _facts(record)
    return _mail(record, facts.kind, "received") | {
        "recipients": [record.email],
        "context": {**_common(record), "name": safe_name(record.name), **facts.confirmed},
    }


def notice(record: Submission) -> dict[str, Any] | None:
    """Arguments of `send_email_task`: shows everything to the staff; a reply goes to the sender.

    None without STAFF_EMAILS; a system check warns of that at every start.
    """
    if not settings.STAFF_EMAILS:
        return None
    facts = _facts(record)
    return _mail(record, facts.kind, "notice") | {
        "recipients": settings.STAFF_EMAILS,
        "context": {
            **_common(record),
            "name": record.name,
            "email": record.email,
            **facts.noticed,
        },
        "attachments": facts.attachments,
        "reply_to": [record.email],
    }


def _mail(record: Submission, kind: str, part: str) -> dict[str, Any]:
    return {
        "email_type": f"{kind}_{part}",
        "subject": "",
        "template_path": f"{kind}/{part}",
        "source_app": "submissions",
        "related_model_id": f"{kind}:{record.pk}",
    }


def _common(record: Submission) -> dict[str, Any]:
    return {"site_name": conf.site_name, "reference": record.reference}


def _facts(record: Submission) -> _Facts:
    match record:
        case Inquiry():
            topic = {"topic": record.get_topic_display()}
            return _Facts("inquiry", topic, topic | {"message": record.message})
        case EventRegistration():
            chosen = {"event": record.event, "seats": record.seats}
            typed = {"organisation": record.organisation, "dietary_notes": record.dietary_notes}
            return _Facts("event_registration", chosen, chosen | typed)
        case AwardNomination():
            category = {"category": record.get_category_display()}
            typed = {
                "nominee_name": record.nominee_name,
                "nominee_organisation": record.nominee_organisation,
                "reason": record.reason,
            }
            return _Facts("nomination", category, category | typed)
        case SpeakerSubmission():
            typed = {
                "talk_title": record.talk_title,
                "abstract": record.abstract,
                "biography": record.biography,
                "file_name": record.file_name,
            }
            file = (record.file_name, bytes(record.file_content), "application/pdf")
            return _Facts("speaker_submission", {}, typed, [file])
    raise TypeError(f"No e-mails are defined for {type(record).__name__}.")
