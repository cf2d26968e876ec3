"""One function a form: the record, the sender's confirmation and the staff's notice, together.

Every function raises TooManySubmissionsError, or a ValidationError that names the field a person
can correct; then nothing is stored and nothing is sent.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.service import email_service
from postroom.web.systems.submissions.client import address_hash
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)
from postroom.web.systems.submissions.safe_text import safe_file_name, safe_name
from postroom.web.systems.submissions.throttle import check_limits


def submit_inquiry(*, client: str, **fields: Any) -> Inquiry:
    """Store a question to the office."""
    record = Inquiry(client_hash=client, **fields)
    topic = record.get_topic_display()
    with _stored(record):
        _confirm(record, "inquiry", {"topic": topic})
        _tell_staff(record, "inquiry", {"topic": topic, "message": record.message})
    return record


def submit_event_registration(*, client: str, **fields: Any) -> EventRegistration:
    """Store seats wanted at an event."""
    record = EventRegistration(client_hash=client, **fields)
    facts = {"event": record.event, "seats": record.seats}
    with _stored(record):
        _confirm(record, "event_registration", facts)
        typed = {"organisation": record.organisation, "dietary_notes": record.dietary_notes}
        _tell_staff(record, "event_registration", facts | typed)
    return record


def submit_nomination(*, client: str, **fields: Any) -> AwardNomination:
    """Store a nomination for an award."""
    record = AwardNomination(client_hash=client, **fields)
    category = record.get_category_display()
    with _stored(record):
        nominee = {"nominee_name": safe_name(record.nominee_name)}
        _confirm(record, "nomination", {"category": category} | nominee)
        typed = {
            "nominee_name": record.nominee_name,
            "nominee_organisation": record.nominee_organisation,
            "reason": record.reason,
        }
        _tell_staff(record, "nomination", {"category": category} | typed)
    return record


def submit_talk(*, client: str, file: "UploadedFile[bytes]", **fields: Any) -> SpeakerSubmission:
    """Store a talk with its PDF; the file goes to the staff only, never to an address typed in."""
    file.seek(0)
    content = file.read()
    record = SpeakerSubmission(
        client_hash=client,
        file_name=safe_file_name(file.name or ""),
        file_size=len(content),
        file_sha256=hashlib.sha256(content).hexdigest(),
        file_content=content,
        **fields,
    )
    with _stored(record):
        _confirm(record, "speaker_submission", {})
        typed = {
            "talk_title": record.talk_title,
            "abstract": record.abstract,
            "biography": record.biography,
            "file_name": record.file_name,
        }
        attached = [(record.file_name, content, "application/pdf")]
        _tell_staff(record, "speaker_submission", typed, attached)
    return record


@contextmanager
def _stored(record: Submission) -> Iterator[None]:
    """Store the record; whatever is queued in the block commits or rolls back with it."""
    for column in record._meta.fields:
        if isinstance(column, models.TextField):
            lines = getattr(record, column.attname).splitlines()
            setattr(record, column.attname, "\n".join(lines))  # browsers send CR LF
    record.address_hash = address_hash(record.email)
    try:
        with transaction.atomic():
            check_limits(record)
            record.save(force_insert=True)
            yield
    except EmailRequestError as error:
        if error.field not in _MENDABLE:
            raise
        field, sentence = _MENDABLE[error.field]
        raise ValidationError({field: sentence}) from error


# Arguments of an e-mail that come from the form, the field that gave them, and what to tell.
_MENDABLE = {
    "recipients": ("email", "No e-mail can be sent to this address; please check it."),
    "attachments": ("file", "This file cannot be sent on; please choose another one."),
}


def _confirm(record: Submission, kind: str, facts: Mapping[str, Any]) -> None:
    """Tell the sender that it arrived. `facts` holds nothing as typed: it could carry a link."""
    email_service.send_email_task(
        email_type=f"{kind}_received",
        subject="",
        recipients=[record.email],
        template_path=f"{kind}/received",
        context={**_common(record), "name": safe_name(record.name), **facts},
        source_app="submissions",
        related_model_id=f"{kind}:{record.pk}",
    )


def _tell_staff(
    record: Submission, kind: str, facts: Mapping[str, Any], attachments: Sequence[Any] = ()
) -> None:
    """Tell the staff everything; their answer goes to the sender."""
    # Without an address there is nobody to tell: a system check says so at every start.
    if not settings.STAFF_EMAILS:
        return
    email_service.send_email_task(
        email_type=f"{kind}_notice",
        subject="",
        recipients=settings.STAFF_EMAILS,
        template_path=f"{kind}/notice",
        context={**_common(record), "name": record.name, "email": record.email, **facts},
        attachments=attachments,
        reply_to=[record.email],
        source_app="submissions",
        related_model_id=f"{kind}:{record.pk}",
    )


def _common(record: Submission) -> dict[str, Any]:
    return {"site_name": settings.SITE_NAME, "reference": record.reference}
