"""The two e-mails about a submission, built from its record: confirmation and staff notice.

They can be built again later, when queueing them failed at first (see `queueing.py`).
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.utils.translation import get_language_info

from postroom.web.conf import conf
from postroom.web.dates import moment
from postroom.web.letter_words import answers, language_for, page, written_in
from postroom.web.systems.submissions.events import details_of
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)
from postroom.web.systems.submissions.names import safe_name

# Each form's folder of templates, and its page in the console.
_KINDS: Final[dict[type[Submission], tuple[str, str]]] = {
    Inquiry: ("inquiry", "inquiry"),
    EventRegistration: ("event_registration", "event-registration"),
    AwardNomination: ("nomination", "nomination"),
    SpeakerSubmission: ("speaker_submission", "speaker"),
}


class _Facts(NamedTuple):
    """What the e-mails say. `confirmed`: no typed text, which could contain a link."""

    confirmed: dict[str, Any]
    noticed: dict[str, Any]
    attachments: Sequence[tuple[str, bytes, str]] = ()


def confirmation(record: Submission) -> dict[str, Any]:
    """Arguments of `send_email_task`: confirms to the sender that it arrived, in their language."""
    mail = _mail(record, "received", record.language)
    reply = answers()
    with written_in(mail["language"]):
        context = {
            **_common(record),
            "name": safe_name(record.name),
            "can_reply": bool(reply),
            **_facts(record).confirmed,
        }
    return mail | reply | {"recipients": [record.email], "context": context}


def notice(record: Submission) -> dict[str, Any] | None:
    """Arguments of `send_email_task`: shows everything to the staff; a reply goes to the sender.

    None without STAFF_EMAILS; a system check warns of that at every start.
    """
    if not settings.STAFF_EMAILS:
        return None
    mail = _mail(record, "notice")
    with written_in(mail["language"]):
        facts = _facts(record)
        context = {
            **_common(record),
            "name": record.name,
            "email": record.email,
            "sender_language": _other_language(record.language, mail["language"]),
            "url": _page(record),
            **facts.noticed,
        }
    return mail | {
        "recipients": settings.STAFF_EMAILS,
        "context": context,
        "attachments": facts.attachments,
        "reply_to": [record.email],
    }


def about(record: Submission) -> dict[str, str]:
    """What both of its e-mails name as their cause."""
    return {
        "source_app": "submissions",
        "related_model_id": f"{_KINDS[type(record)][0]}:{record.pk}",
    }


def _mail(record: Submission, part: str, language: str = "") -> dict[str, Any]:
    kind, _ = _KINDS[type(record)]
    return {
        "email_type": f"{kind}_{part}",
        "subject": "",
        "template_path": f"{kind}/{part}",
        "language": language_for(f"{kind}/{part}", language),
        **about(record),
    }


def _common(record: Submission) -> dict[str, Any]:
    return {"site_name": conf.site_name, "reference": record.reference}


def _page(record: Submission) -> str:
    """The submission's page in the console, or else in the admin."""
    admin = f"admin:{record._meta.app_label}_{record._meta.model_name}_change"
    return page("postroom_console:submission", _KINDS[type(record)][1], record.pk) or page(
        admin, record.pk
    )


def _other_language(of_sender: str, of_letter: str) -> str:
    """The name of the sender's language, if it is not that of the letter; '' too if unknown."""
    if of_sender.partition("-")[0] == of_letter.partition("-")[0]:
        return ""
    try:
        return str(get_language_info(of_sender)["name_translated"])
    except KeyError:
        return ""


def _facts(record: Submission) -> _Facts:
    match record:
        case Inquiry():
            topic = {"topic": str(record.get_topic_display())}
            return _Facts(topic, topic | {"message": record.message})
        case EventRegistration():
            return _registration(record)
        case AwardNomination():
            category = {"category": str(record.get_category_display())}
            typed = {
                "nominee_name": record.nominee_name,
                "nominee_organisation": record.nominee_organisation,
                "reason": record.reason,
            }
            return _Facts(category, category | typed)
        case SpeakerSubmission():
            typed = {
                "talk_title": record.talk_title,
                "abstract": record.abstract,
                "biography": record.biography,
                "file_name": record.file_name,
            }
            file = (record.file_name, bytes(record.file_content), "application/pdf")
            return _Facts({}, typed, [file])
    raise TypeError(f"No e-mails are defined for {type(record).__name__}.")


def _registration(record: EventRegistration) -> _Facts:
    details = details_of(record.event)
    chosen = {
        "event": record.event,
        "when": moment(details.starts, details.starts.tzinfo) if details.starts else "",
        "place": details.place,
        "seats": record.seats,
    }
    typed = {"organisation": record.organisation, "dietary_notes": record.dietary_notes}
    return _Facts(chosen | {"granted": details.granted}, chosen | typed)
