"""One function per form: stores the record and queues confirmation and staff notice, together.

Every function raises TooManySubmissionsError, or a ValidationError that names the field to correct;
then nothing is stored and nothing is sent.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.service import email_service
from postroom.web.systems.submissions.client import address_hash
from postroom.web.systems.submissions.file_names import safe_file_name
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)
from postroom.web.systems.submissions.names import safe_name
from postroom.web.systems.submissions.throttle import (
    check_limits,
    equal_submission,
    wait_for_mailbox,
)

Record = TypeVar("Record", bound=Submission)


def submit_inquiry(*, client: str, **fields: Any) -> Inquiry:
    """Store a question to the office."""
    record = Inquiry(client_hash=client, **fields)
    topic = record.get_topic_display()

    def queue() -> None:
        _confirm(record, "inquiry", {"topic": topic})
        _notify_staff(record, "inquiry", {"topic": topic, "message": record.message})

    return _stored(record, queue)


def submit_event_registration(*, client: str, **fields: Any) -> EventRegistration:
    """Store a registration for seats at an event."""
    record = EventRegistration(client_hash=client, **fields)
    facts = {"event": record.event, "seats": record.seats}

    def queue() -> None:
        _confirm(record, "event_registration", facts)
        typed = {"organisation": record.organisation, "dietary_notes": record.dietary_notes}
        _notify_staff(record, "event_registration", facts | typed)

    return _stored(record, queue)


def submit_nomination(*, client: str, **fields: Any) -> AwardNomination:
    """Store a nomination for an award."""
    record = AwardNomination(client_hash=client, **fields)
    category = record.get_category_display()

    def queue() -> None:
        _confirm(record, "nomination", {"category": category})
        typed = {
            "nominee_name": record.nominee_name,
            "nominee_organisation": record.nominee_organisation,
            "reason": record.reason,
        }
        _notify_staff(record, "nomination", {"category": category} | typed)

    return _stored(record, queue)


def submit_talk(*, client: str, file: "UploadedFile[bytes]", **fields: Any) -> SpeakerSubmission:
    """Store a talk with its PDF; the file is sent to the staff only, never to a typed address."""
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

    def queue() -> None:
        _confirm(record, "speaker_submission", {})
        typed = {
            "talk_title": record.talk_title,
            "abstract": record.abstract,
            "biography": record.biography,
            "file_name": record.file_name,
        }
        attached = [(record.file_name, content, "application/pdf")]
        _notify_staff(record, "speaker_submission", typed, attached)

    return _stored(record, queue)


def _stored(record: Record, queue: Callable[[], None]) -> Record:
    """Store the record and queue its e-mails, together; or find the equal one of this hour.

    People press a button twice, and robots send the same again and again: one answer, one e-mail.
    """
    for column in record._meta.fields:
        if isinstance(column, models.TextField):
            lines = getattr(record, column.attname).splitlines()
            setattr(record, column.attname, "\n".join(lines))  # browsers send CR LF
    record.address_hash = address_hash(record.email)
    try:
        with transaction.atomic():
            wait_for_mailbox(record)
            if equal := equal_submission(record):
                return equal
            check_limits(record)
            record.save(force_insert=True)
            queue()
    except EmailRequestError as error:
        if error.field not in _CORRECTABLE:
            raise
        field, sentence = _CORRECTABLE[error.field]
        raise ValidationError({field: sentence}) from error
    return record


# Arguments of an e-mail that come from the form, the field they come from, and the message.
_CORRECTABLE = {
    "recipients": ("email", "No e-mail can be sent to this address; please check it."),
    "attachments": ("file", "This file cannot be forwarded; please choose another one."),
}


def _confirm(record: Submission, kind: str, facts: Mapping[str, Any]) -> None:
    """Confirm to the sender that it arrived. `facts`: nothing typed; the address is unproven."""
    email_service.send_email_task(
        email_type=f"{kind}_received",
        subject="",
        recipients=[record.email],
        template_path=f"{kind}/received",
        context={**_common(record), "name": safe_name(record.name), **facts},
        source_app="submissions",
        related_model_id=f"{kind}:{record.pk}",
    )


def _notify_staff(
    record: Submission, kind: str, facts: Mapping[str, Any], attachments: Sequence[Any] = ()
) -> None:
    """Send the staff everything; a reply goes to the sender."""
    # Without an address there is no recipient: a system check warns at every start.
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
